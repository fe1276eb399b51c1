import type { HlsOptions } from '../model/options.ts';
import { fillPath, type PathWords, timeWords } from '../model/path-template.ts';
import type { MediaNames } from '../model/private-files.ts';

/** A segment as a playlist lists it. */
export interface ListedSegment {
  readonly seq: number;
  /** Relative to the playlist. */
  readonly uri: string;
  readonly durationMs: number;
  /** Unix time of its first frame, in milliseconds. */
  readonly at: number;
  /** Number of discontinuities up to it; one more than before if it does not continue the one before. */
  readonly discontinuitySequence: number;
  /** URI of its init file, relative to the playlist; undefined for MPEG-TS. */
  readonly initUri: string | undefined;
}

/** Content of a media playlist. */
interface MediaPlaylist {
  /** Whole seconds; no listed segment rounds to more. */
  readonly targetSeconds: number;
  /** At least one, the oldest first. */
  readonly segments: readonly ListedSegment[];
  /** True if no more will come. */
  readonly ended?: boolean;
}

/** Facts for a player that chooses a stream. */
export interface Variant {
  /** Most bits per second of a segment. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** RFC 6381, one for each track. */
  readonly codecs: readonly string[];
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
}

/** The text of a media playlist (RFC 8216 4.3.3). `query` stands behind every URI, with its `?`; it may be empty. */
export function mediaPlaylistText({ targetSeconds, segments, ended }: MediaPlaylist, query: string): string {
  const hasInit = segments.some(({ initUri }) => initUri !== undefined);
  const lines = [
    '#EXTM3U',
    // EXT-X-MAP outside of lists of keyframes takes version 6 (RFC 8216 7).
    `#EXT-X-VERSION:${hasInit ? 6 : 3}`,
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.seq ?? 0}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${segments[0]?.discontinuitySequence ?? 0}`,
  ];
  let before: ListedSegment | undefined;
  for (const segment of segments) {
    const continues = segment.discontinuitySequence === before?.discontinuitySequence;
    // Of the first one the sequence number tells.
    if (before && !continues) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.initUri !== undefined && segment.initUri !== before?.initUri)
      lines.push(`#EXT-X-MAP:URI="${segment.initUri}${query}"`);
    if (!continues) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.at).toISOString()}`);
    lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(3)},`, segment.uri + query);
    before = segment;
  }
  if (ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The text of a master playlist (RFC 8216 4.3.4) that leads to one media playlist. */
export function masterPlaylistText(
  { bandwidth, averageBandwidth, codecs, resolution }: Variant,
  uri: string,
): string {
  const attributes = [
    `BANDWIDTH=${Math.ceil(bandwidth)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(averageBandwidth)}`,
    ...(codecs.length === 0 ? [] : [`CODECS="${codecs.join(',')}"`]),
    ...(resolution === undefined ? [] : [`RESOLUTION=${resolution.width}x${resolution.height}`]),
  ];
  return `#EXTM3U\n#EXT-X-STREAM-INF:${attributes.join(',')}\n${uri}\n`;
}

export const OWNER = '#GATECAST:PID=';
export const SPARE = '#GATECAST-KEPT:';

/** Reads the owner of a playlist and all URIs of its files; undefined if it is none of ours. */
export function readOwnedText(
  text: string,
): { readonly pid: number; readonly uris: readonly string[] } | undefined {
  const lines = text.split('\n');
  const owner = lines.find((line) => line.startsWith(OWNER));
  if (owner === undefined) return undefined;
  const uris = lines.flatMap((line) => {
    if (line.startsWith(SPARE)) return [line.slice(SPARE.length)];
    const [, init] = /^#EXT-X-MAP:URI="([^"]*)"/.exec(line) ?? [];
    return init === undefined ? (line === '' || line.startsWith('#') ? [] : [line]) : [init];
  });
  return { pid: Number(owner.slice(OWNER.length)), uris };
}

/** The words that a segment adds to its stream's: its number, its length and the time of its first frame. */
export function segmentWords(seq: number, durationMs: number, at: number): PathWords {
  return { seq: String(seq), duration: String(Math.round(durationMs)), ...timeWords(at) };
}

/** A template that names every file anew: one without `[seq]` gets it before its extension. */
export function numbered(template: string): string {
  return template.includes('[seq]') ? template : template.replace(/(\.[^./]*)?$/, '-[seq]$1');
}

/** The names of files under a directory: of playlists, of segments and of what these need first. */
export function privateNames(
  { format, m3u8File, tsFile, fmp4File, initFile }: HlsOptions,
  root: string,
): MediaNames {
  const files = format === 'ts' ? [tsFile] : [fmp4File, numbered(initFile)];
  return { writer: 'hls', root, templates: [m3u8File, ...files].map((template) => fillPath(template, {})) };
}

/** The URI by which `to` is found from `from`, both paths under the same directory. */
export function relativeUri(from: string, to: string): string {
  const [here, there] = [from.split('/'), to.split('/')];
  let common = 0;
  while (common < here.length - 1 && common < there.length - 1 && here[common] === there[common]) common++;
  const up = here.length - 1 - common;
  return [...Array<string>(up).fill('..'), ...there.slice(common).map(encodeURIComponent)].join('/');
}

/** Bytes of one stream's segments; over it the oldest go before their time. */
const MAX_STREAM_BYTES: number = 512 * 1024 * 1024;

/**
 * The segments of one stream over all its publishes: which are in the playlist, and which are kept for players that have
 * an older one.
 */
export class SegmentList<S extends ListedSegment & { readonly bytes: number }> {
  readonly #windowMs: number;
  readonly #listed: S[] = [];
  /** Left the playlist, with how long each has to stay. */
  readonly #spare: { readonly segment: S; stayMs: number }[] = [];
  #listedMs = 0;
  #bytes = 0;
  #targetSeconds: number;
  #next: number;

  /** `targetMs` is the least target duration, `next` the number of the first segment. */
  constructor(windowMs: number, targetMs: number, next: number) {
    this.#windowMs = windowMs;
    this.#targetSeconds = Math.max(1, Math.round(targetMs / 1000));
    this.#next = next;
  }

  /** The number of the segment that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Content of the playlist; undefined while it lists nothing. */
  get playlist(): MediaPlaylist | undefined {
    if (this.#listed.length === 0) return undefined;
    return { targetSeconds: this.#targetSeconds, segments: this.#listed };
  }

  /** In the playlist, the oldest first. */
  get listed(): readonly S[] {
    return this.#listed;
  }

  /** Not in the playlist any more, and kept. */
  get spare(): readonly S[] {
    return this.#spare.map(({ segment }) => segment);
  }

  /** Adds a segment; returns those that need not be kept any more. One that has not the number `next` begins the list anew. */
  add(segment: S): readonly S[] {
    while (segment.seq !== this.#next && this.#listed.length > 0) this.#unlist();
    this.#next = segment.seq + 1;
    this.#targetSeconds = Math.max(this.#targetSeconds, Math.round(segment.durationMs / 1000));
    for (const spare of this.#spare) spare.stayMs -= segment.durationMs;
    this.#listed.push(segment);
    this.#listedMs += segment.durationMs;
    this.#bytes += segment.bytes;
    while (this.#listed.length > 1 && this.#exceedsWindow()) this.#unlist();
    return this.#takeUnneeded();
  }

  /** Time of the stream has passed without a segment; returns those that need not be kept any more. */
  pass(durationMs: number): readonly S[] {
    for (const spare of this.#spare) spare.stayMs -= durationMs;
    return this.#takeUnneeded();
  }

  #exceedsWindow(): boolean {
    const [oldest] = this.#listed;
    return this.#listedMs - (oldest?.durationMs ?? 0) >= this.#windowMs || this.#bytes > MAX_STREAM_BYTES;
  }

  #unlist(): void {
    const segment = this.#listed.shift();
    if (segment === undefined) return;
    // A segment stays as long as a playlist that has it may be in use (RFC 8216 6.2.2).
    this.#spare.push({ segment, stayMs: this.#listedMs + segment.durationMs });
    this.#listedMs -= segment.durationMs;
  }

  #takeUnneeded(): S[] {
    const unneeded: S[] = [];
    while (this.#spare.length > 0) {
      const [oldest] = this.#spare;
      if (oldest === undefined || (oldest.stayMs > 0 && this.#bytes <= MAX_STREAM_BYTES)) break;
      this.#spare.shift();
      this.#bytes -= oldest.segment.bytes;
      unneeded.push(oldest.segment);
    }
    return unneeded;
  }
}
