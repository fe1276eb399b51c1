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
export interface MediaPlaylist {
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
