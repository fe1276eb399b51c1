import type { HlsOptions } from '../model/options.ts';
import { fillPath, isFilePath, type PathWords, streamWords } from '../model/path-template.ts';
import type { PlaylistSequences, SequenceStart } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import {
  type ListedSegment,
  mediaPlaylistText,
  numbered,
  OWNER,
  relativeUri,
  SegmentList,
  SPARE,
  segmentWords,
  type Variant,
} from './playlist.ts';
import { OldFiles, type Outage, type SegmentStore, type Stored } from './segment-store.ts';

/** Bytes of a segment, or of what segments need first, that can be served. */
export interface MediaFile {
  /** Under `hls_path`, and in URLs. */
  readonly path: string;
  readonly stored: Stored;
  readonly bytes: number;
}

/** A segment of a live playlist. */
export interface Segment extends ListedSegment, MediaFile {
  readonly init: MediaFile | undefined;
}

/** A piece of media that becomes a segment. */
export interface FreshSegment {
  readonly bytes: Buffer;
  readonly durationMs: number;
  /** Unix time of its first frame, in milliseconds. */
  readonly at: number;
  /** Init file, if it may not be that of the segment before. */
  readonly init: Buffer | undefined;
  /** The same for segments that need the same first. */
  readonly identity: string;
  readonly discontinuity: boolean;
  /** Codecs and resolution, for the master playlist. */
  readonly tracks: Pick<Variant, 'codecs' | 'resolution'>;
}

/** Facts of a segment that is in no playlist. */
export type LostSegment = Pick<FreshSegment, 'durationMs' | 'init' | 'identity'>;

/** The playlist of one stream and the files that it leads to, through all publishes of the stream. */
export class LivePlaylist {
  readonly key: StreamKey;
  readonly options: HlsOptions;
  /** Path of the playlist under `hls_path`, and in URLs. */
  readonly path: string;
  readonly #disk: SegmentStore;
  readonly #list: SegmentList<Segment>;
  readonly #files = new Map<string, MediaFile>();
  readonly #index: FileIndex;
  /** Number of segments that need each init file. */
  readonly #initUses = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #sequences: PlaylistSequences;
  /** Numbers that were given out for a segment that could not be kept. */
  #unused: SequenceStart | undefined;
  readonly #outage: Outage;
  readonly #oldFiles: OldFiles;
  #init: (MediaFile & { readonly identity: string }) | undefined;
  /** Init file that could not be kept. */
  #lostInit: Pick<FreshSegment, 'init' | 'identity'> | undefined;
  /** True if a segment was lost, so that the next one continues nothing. */
  #broken = false;
  #tracks: FreshSegment['tracks'] = { codecs: [], resolution: undefined };
  #version = 0;
  #gone = false;
  /** True if nobody publishes the stream any more, and no segment will come. */
  #ended = false;
  #texts = new Map<string, string>();

  /** `next` is the least number that its first segment may have. */
  constructor(
    key: StreamKey,
    options: HlsOptions,
    store: SegmentStore,
    sequences: PlaylistSequences,
    outage: Outage,
    index: FileIndex = new Map(),
    next = 0,
  ) {
    this.#index = index;
    this.#sequences = sequences;
    this.#outage = outage;
    this.#oldFiles = new OldFiles(store, outage);
    this.key = key;
    this.options = options;
    this.#disk = store;
    this.path = fillPath(options.m3u8File, streamWords(key));
    this.#list = new SegmentList(options.windowMs, options.fragmentMs * options.tdRatio, next);
  }

  /** Grows with each change of the text; 0 while there is no playlist. */
  get version(): number {
    return this.#version;
  }

  /** The least number that the next segment may have. */
  get next(): number {
    return this.#list.next;
  }

  /** False if what the stream is called cannot be part of a file's name. */
  get isStorable(): boolean {
    const words = { ...streamWords(this.key), ...segmentWords(0, 0, 0) };
    const { tsFile, fmp4File, initFile } = this.options;
    return [this.path, ...[tsFile, fmp4File, initFile].map((template) => fillPath(template, words))].every(
      isFilePath,
    );
  }

  /** Path of the playlist on the disk. */
  get file(): string {
    return this.#disk.fileOf(this.path);
  }

  /** Place of the stream's file on the disk, whether it is there or not. */
  fileOf(path: string): string {
    return this.#disk.fileOf(path);
  }

  /** Variant for the master playlist; undefined while there is no playlist. */
  get variant(): Variant | undefined {
    const { listed } = this.#list;
    if (listed.length === 0) return undefined;
    const rates = listed.map(({ bytes, durationMs }) => (8000 * bytes) / Math.max(durationMs, 1));
    const bytes = listed.reduce((sum, segment) => sum + segment.bytes, 0);
    const ms = listed.reduce((sum, segment) => sum + segment.durationMs, 0);
    const averageBandwidth = (8000 * bytes) / Math.max(ms, 1);
    // A short last segment with a keyframe says little of a stream.
    return {
      bandwidth: Math.max(averageBandwidth, ...longest(listed, rates)),
      averageBandwidth,
      ...this.#tracks,
    };
  }

  /** The playlist with `query` behind each of its URIs, made once for each version; undefined while there is none. */
  text(query: string): string | undefined {
    const { playlist } = this.#list;
    if (!playlist || this.#gone) return undefined;
    const made = this.#texts.get(query) ?? mediaPlaylistText({ ...playlist, ended: this.#ended }, query);
    if (this.#texts.size < 4) this.#texts.set(query, made);
    return made;
  }

  /** The file at a path, while it may be asked for. */
  fileAt(path: string): MediaFile | undefined {
    return this.#files.get(path);
  }

  /** Calls back when the playlist has changed or is gone; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts the next segment into the playlist, once its bytes are kept. Rejects if they cannot be: then it is lost. */
  async add(fresh: FreshSegment): Promise<Segment> {
    const segment = await this.#store(fresh).catch(async (error: unknown) => {
      await this.lose(fresh);
      throw error;
    });
    this.#tracks = fresh.tracks;
    this.#broken = false;
    const { init } = segment;
    if (init) this.#initUses.set(init.path, (this.#initUses.get(init.path) ?? 0) + 1);
    this.#unused = undefined;
    this.#ended = false;
    const gone = this.#list.add(segment);
    this.#changed();
    await this.#forget(gone);
    await this.#write();
    return segment;
  }

  /**
   * Goes on without a segment: the next one is behind a discontinuity. Old ones go when their time is over all the same, or
   * a full disk would stay as full as they make it.
   */
  async lose({ durationMs, init, identity }: LostSegment): Promise<void> {
    this.#broken = true;
    if (init) this.#lostInit = { init, identity };
    await this.#forget(this.#list.pass(durationMs));
  }

  /** Tells players that the stream is over, until there is another segment. */
  async end(): Promise<void> {
    if (this.#ended || this.#gone || this.#list.listed.length === 0) return;
    this.#ended = true;
    this.#changed();
    await this.#write();
  }

  /** Removes everything. */
  async dispose(): Promise<void> {
    const files = [...this.#files.values()];
    for (const { path } of files) this.#unlist(path);
    this.#version = 0;
    this.#gone = true;
    for (const listener of this.#listeners) listener();
    await this.#disk.removePlaylist(this.path);
    await this.#oldFiles.remove(files.map(({ path }) => path));
  }

  /** Keeps the bytes of a segment, and those that it needs first. */
  async #store(fresh: FreshSegment): Promise<Segment> {
    const { options, key } = this;
    const { seq, discontinuitySequence } = await this.#number(fresh);
    const words = { ...streamWords(key), ...segmentWords(seq, fresh.durationMs, fresh.at) };
    await this.#storeInit(fresh, words);
    const template = options.format === 'ts' ? options.tsFile : options.fmp4File;
    const kept = await this.#keep(fillPath(template, words), fresh.bytes);
    const init = options.format === 'ts' ? undefined : this.#init;
    return {
      ...kept,
      seq,
      init,
      uri: relativeUri(this.path, kept.path),
      initUri: init && relativeUri(this.path, init.path),
      durationMs: fresh.durationMs,
      at: fresh.at,
      discontinuitySequence,
    };
  }

  async #storeInit({ init, identity }: FreshSegment, words: PathWords): Promise<void> {
    if (this.options.format === 'ts' || identity === this.#init?.identity) return;
    const lost = this.#lostInit?.identity === identity ? this.#lostInit.init : undefined;
    const bytes = init ?? lost;
    if (!bytes) throw new Error('what its segments need first is lost');
    const kept = await this.#keep(fillPath(numbered(this.options.initFile), words), bytes);
    this.#init = { ...kept, identity };
    this.#lostInit = undefined;
  }

  /** Writes the playlist. That it is not there makes no segment useless: the next one tries again. */
  async #write(): Promise<void> {
    try {
      await this.#disk.putPlaylist(this.path, this.#fileText());
      this.#outage.worked('playlist');
    } catch (error) {
      this.#outage.failed('playlist', error);
    }
  }

  /**
   * The numbers of the next segment. Where the stream was in another process meanwhile, its discontinuities do not follow
   * each other: players have gone on from there, and the segments before are of no use to them.
   */
  async #number({ discontinuity }: FreshSegment): Promise<Pick<Segment, 'seq' | 'discontinuitySequence'>> {
    const { next, listed } = this.#list;
    const last = listed.at(-1)?.discontinuitySequence;
    if (last !== undefined && !discontinuity && !this.#broken)
      return { seq: next, discontinuitySequence: last };
    this.#unused ??= await this.#sequences.next(this.key, next);
    const { discontinuitySequence, mediaSequence } = this.#unused;
    return { seq: discontinuitySequence - 1 === last ? next : mediaSequence, discontinuitySequence };
  }

  async #keep(path: string, bytes: Buffer): Promise<MediaFile> {
    const file = { path, stored: await this.#disk.put(path, bytes), bytes: bytes.length };
    this.#files.set(path, file);
    this.#index.set(indexName(this.key, path), file);
    return file;
  }

  #unlist(path: string): void {
    this.#files.delete(path);
    this.#index.delete(indexName(this.key, path));
  }

  async #forget(segments: readonly Segment[]): Promise<void> {
    const unneeded = segments.flatMap(({ path, init }) => {
      this.#unlist(path);
      const isLast = init !== undefined && this.#isLastUse(init);
      if (isLast) this.#unlist(init.path);
      return isLast ? [path, init.path] : [path];
    });
    if (this.options.cleanup) await this.#oldFiles.remove(unneeded);
  }

  #isLastUse({ path }: MediaFile): boolean {
    const uses = (this.#initUses.get(path) ?? 0) - 1;
    if (uses > 0) this.#initUses.set(path, uses);
    else this.#initUses.delete(path);
    return uses <= 0 && path !== this.#init?.path;
  }

  #changed(): void {
    this.#version++;
    this.#texts = new Map();
    for (const listener of [...this.#listeners]) listener();
  }

  /** The playlist as it stands on the disk, with what else there is, for the run that may have to clear it away. */
  #fileText(): string {
    const listed = new Set(this.#list.listed.flatMap(({ path, init }) => [path, init?.path]));
    const spare = [...this.#files.keys(), ...this.#oldFiles.left].filter((path) => !listed.has(path));
    return ownedText(
      this.text('') ?? '',
      process.pid,
      spare.map((path) => relativeUri(this.path, path)),
    );
  }
}

/** The files of all streams, by what {@link indexName} makes of vhost and path. */
export type FileIndex = Map<string, MediaFile>;

/** Name of a file among those of all vhosts; a vhost's name has no slash. */
export function indexName({ vhost }: Pick<StreamKey, 'vhost'>, path: string): string {
  return `${vhost}/${path}`;
}

/** A playlist with who keeps it and what is kept beside what it lists, in lines that players take for comments. */
function ownedText(text: string, pid: number, kept: readonly string[]): string {
  return `${text}${OWNER}${pid}\n${kept.map((uri) => `${SPARE}${uri}\n`).join('')}`;
}

function longest(segments: readonly Segment[], rates: readonly number[]): number[] {
  const half = Math.max(...segments.map(({ durationMs }) => durationMs)) / 2;
  return rates.filter((_rate, i) => (segments[i]?.durationMs ?? 0) >= half);
}
