import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../model/clock.ts';
import type { NoticeEvent } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import { endWaitMs, type MediaSource } from '../model/media.ts';
import type { HlsOptions, VhostOptions } from '../model/options.ts';
import { fillPath } from '../model/path-template.ts';
import { markPrivate, PRIVATE_LIST } from '../model/private-files.ts';
import type { PlaylistSequences } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import { loadMediabunny, type Mediabunny } from '../remux/load-mediabunny.ts';
import { Muxer } from '../remux/muxer.ts';
import {
  type FileIndex,
  type FreshSegment,
  indexName,
  LivePlaylist,
  type LostSegment,
  type MediaFile,
  type Segment,
} from './live-playlist.ts';
import { privateNames } from './playlist.ts';
import { clearLeftovers, diskStore, memoryStore, Outage } from './segment-store.ts';
import { Segmenter } from './segmenter.ts';

/** Bytes of segments on the disk that are in memory too, of all streams: the newest ones. */
const MAX_RECENT_BYTES: number = 64 * 1024 * 1024;

/** Bytes of one stream's segments that wait for the disk; over it the next one is left out. */
export const MAX_WAITING_BYTES: number = 64 * 1024 * 1024;

/** Dependencies of HLS. */
export interface HlsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sequences: PlaylistSequences;
  /** Tells of each segment. */
  readonly emit: (event: NoticeEvent) => void;
}

interface Entry {
  readonly playlist: LivePlaylist;
  /** Segments that are being added, each behind the one before. */
  work: Promise<unknown>;
  /** Bytes of it. */
  waiting: number;
  /** Segments that are left out, since the last one that was taken. */
  losing: { all: Promise<LostSegment> } | undefined;
  readonly outage: Outage;
  /** Publishes that are under way; the next may begin before the last one's end has been heard of. */
  publishes: number;
  timer: Timer | undefined;
  /** Until players are told that nothing more comes. */
  endTimer: Timer | undefined;
  /** End of its segments, in milliseconds: players like time that does not go back. */
  readonly timeline: { endMs: number };
}

/** Time at which a stream begins, in milliseconds: audio may be a little earlier than the first video frame. */
const FIRST_MS = 1_000;

/** Cuts the streams of this process into segments and keeps them for their viewers. Knows no HTTP. */
export class Hls {
  readonly #deps: HlsDeps;
  readonly #bunny: Mediabunny;
  readonly #entries = new Map<string, Entry>();
  /** Playlist files that are in use, and of which stream. */
  readonly #files = new Map<string, string>();
  /** Requests that wait for a first segment, by stream. */
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #index: FileIndex = new Map();
  /** The newest segments of the disk, by file. */
  readonly #recent = new LRUCache<string, Buffer>({
    maxSize: MAX_RECENT_BYTES,
    sizeCalculation: ({ length }) => Math.max(1, length),
  });
  readonly #taps = new Map<MediaSource, () => void>();
  /** Publishes of which no more can be cut. */
  readonly #stopped = new WeakSet<MediaSource>();
  /** Settles when there is nothing on the disk of an earlier run. */
  #cleared: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(deps: HlsDeps, bunny: Mediabunny) {
    this.#deps = deps;
    this.#bunny = bunny;
  }

  /** Loads what muxing takes. */
  static async open(deps: HlsDeps): Promise<Hls> {
    return new Hls(deps, await loadMediabunny());
  }

  /** Settles when what an earlier run has left on the disk has been cleared away, or kept back. */
  get cleared(): Promise<void> {
    return this.#cleared;
  }

  /** Clears away what an earlier run has left on the disk; what is cut meanwhile is stored after that. */
  clearLeftovers(vhosts: readonly VhostOptions[]): void {
    const roots = new Map<string, HlsOptions>();
    for (const { name, hls: options } of vhosts)
      if (options.enabled && options.storage === 'disk')
        roots.set(fillPath(options.path, { vhost: name }), options);
    this.#cleared = this.#clear(roots);
  }

  /** Begins to cut a publish, if its vhost wants that. */
  started(source: MediaSource): void {
    const { hls: options } = source.vhost;
    if (!options.enabled || this.#closed || this.#taps.has(source)) return;
    const entry = this.#entryFor(source.key, options);
    if (typeof entry === 'string') {
      this.#deps.log.warn({ ...source.key, reason: entry }, 'stream not segmented');
      return;
    }
    entry.timer?.clear();
    entry.endTimer?.clear();
    entry.publishes++;
    const segmenter = new Segmenter({
      options,
      newMuxer: (container, tracks, originMs) => new Muxer(this.#bunny, container, tracks, originMs),
      timeline: entry.timeline,
      addSegment: (making, bytes) => this.#addSegment(entry, source, making, bytes),
      leftOut: (what) => this.#deps.log.warn({ ...source.key, what }, 'left out of HLS segments'),
      now: Date.now,
    });
    const untap = source.tap({
      write: (packet) => {
        if (!this.#taps.has(source)) return;
        this.#guard(source, () => segmenter.write(packet));
      },
      end: (how) => {
        if (this.#taps.delete(source)) this.#guard(source, () => segmenter.end());
        this.#ended(entry, endWaitMs(source.vhost.play, how));
      },
    });
    this.#taps.set(source, untap);
  }

  /** The playlist of a stream that is being cut in this process, or was until lately. */
  playlist(key: StreamKey): LivePlaylist | undefined {
    return this.#entries.get(formatStreamKey(key))?.playlist;
  }

  /** The file of any stream of a vhost. */
  fileAt(vhost: string, path: string): MediaFile | undefined {
    return this.#index.get(indexName({ vhost }, path));
  }

  /** The playlist of a stream once it lists a segment; undefined after `ms` milliseconds, or when `signal` is aborted. */
  whenListed(key: StreamKey, ms: number, signal: AbortSignal): Promise<LivePlaylist | undefined> {
    const name = formatStreamKey(key);
    return new Promise((resolve) => {
      const settle = () => {
        timer.clear();
        signal.removeEventListener('abort', settle);
        waiters.delete(settle);
        if (waiters.size === 0 && this.#waiters.get(name) === waiters) this.#waiters.delete(name);
        resolve(this.#entries.get(name)?.playlist);
      };
      const timer = this.#deps.clock.after(ms, settle);
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters.add(settle));
      signal.addEventListener('abort', settle);
      if (signal.aborted || this.#closed) settle();
    });
  }

  /** True while a publish of the stream is being cut. */
  isLive(key: StreamKey): boolean {
    return (this.#entries.get(formatStreamKey(key))?.publishes ?? 0) > 0;
  }

  /** Stops cutting; removes what may be removed once the server is not there to do it. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiters of [...this.#waiters.values()]) for (const waiter of [...waiters]) waiter();
    for (const untap of this.#taps.values()) untap();
    this.#taps.clear();
    await Promise.all([...this.#entries.values()].map((entry) => this.#close(entry)));
    this.#entries.clear();
  }

  async #clear(roots: ReadonlyMap<string, HlsOptions>): Promise<void> {
    for (const [root, options] of roots) {
      const streams = await clearLeftovers(root, options.cleanup);
      if (streams > 0) this.#deps.log.info({ root, streams }, 'HLS files of an earlier run removed');
      await markLeftovers(root, options, this.#deps.log);
    }
  }

  async #close({ timer, endTimer, work, playlist }: Entry): Promise<void> {
    timer?.clear();
    endTimer?.clear();
    await work;
    if (playlist.options.disposeMs > 0) await playlist.dispose();
  }

  /** Playlist for the segments of a publish, or the reason why there is none. */
  #entryFor(key: StreamKey, options: HlsOptions): Entry | string {
    const name = formatStreamKey(key);
    const known = this.#entries.get(name);
    // Changes of a reload count from the next publish on, in a playlist of its own.
    if (known && JSON.stringify(known.playlist.options) === JSON.stringify(options)) return known;
    const cleared = known ? this.#dispose(name, known) : this.#cleared;
    const root = fillPath(options.path, { vhost: key.vhost });
    const store =
      options.storage === 'disk' ? diskStore(privateNames(options, root), this.#recent) : memoryStore(root);
    const { sequences } = this.#deps;
    const outage = new Outage(this.#deps.log, key);
    const { next } = known?.playlist ?? {};
    const playlist = new LivePlaylist(key, options, store, sequences, outage, this.#index, next);
    if (!playlist.isStorable) return 'its name cannot be the name of a file';
    const owner = options.storage === 'disk' ? this.#files.get(playlist.file) : undefined;
    if (owner !== undefined && owner !== name)
      return `its playlist would be that of ${owner}: put [vhost] into hls_path or hls_m3u8_file`;
    if (options.storage === 'disk') this.#files.set(playlist.file, name);
    const entry: Entry = {
      playlist,
      // Behind what was there before, whose files have the same names.
      work: cleared,
      waiting: 0,
      losing: undefined,
      outage,
      publishes: 0,
      timer: undefined,
      endTimer: undefined,
      timeline: { endMs: FIRST_MS },
    };
    this.#entries.set(name, entry);
    return entry;
  }

  #addSegment(
    entry: Entry,
    source: MediaSource,
    making: Promise<FreshSegment | undefined>,
    bytes: number,
  ): void {
    // Looked at when its turn comes, and not unhandled until then.
    making.catch(() => undefined);
    if (entry.waiting >= MAX_WAITING_BYTES) {
      entry.outage.failed('segments', new Error(`${entry.waiting} bytes of segments wait for the disk`));
      this.#lose(entry, making);
      return;
    }
    entry.losing = undefined;
    entry.waiting += bytes;
    entry.work = entry.work.then(async () => {
      try {
        const fresh = await making.catch(async (error: unknown) => {
          await entry.playlist.lose(NOTHING_KNOWN);
          throw error;
        });
        if (!fresh || this.#stopped.has(source)) return;
        const segment = await entry.playlist.add(fresh);
        entry.outage.worked('segments');
        for (const waiter of [...(this.#waiters.get(formatStreamKey(entry.playlist.key)) ?? [])]) waiter();
        this.#emitSegment(source, entry.playlist, segment);
      } catch (error) {
        entry.outage.failed('segments', error);
      } finally {
        entry.waiting -= bytes;
      }
    });
  }

  /** Leaves a segment out. Of those that follow each other nothing is kept but what later ones may need. */
  #lose(entry: Entry, making: Promise<FreshSegment | undefined>): void {
    const lost = making.then(
      (fresh): LostSegment => ({ ...NOTHING_KNOWN, ...(fresh && lostOf(fresh)) }),
      () => NOTHING_KNOWN,
    );
    if (entry.losing) {
      entry.losing.all = Promise.all([entry.losing.all, lost]).then(bothLost);
      return;
    }
    const losing = { all: lost };
    entry.losing = losing;
    entry.work = entry.work.then(async () => {
      if (entry.losing === losing) entry.losing = undefined;
      await entry.playlist.lose(await losing.all);
    });
  }

  /** The stream goes on without segments until it is published again. */
  #stop(source: MediaSource, reason: string): void {
    if (this.#stopped.has(source)) return;
    this.#stopped.add(source);
    this.#taps.delete(source);
    this.#deps.log.error({ ...source.key, reason }, 'HLS of stream stopped');
  }

  #guard(source: MediaSource, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#stop(source, (error as Error).message);
    }
  }

  #ended(entry: Entry, waitMs: number | 'never'): void {
    entry.publishes--;
    if (entry.publishes > 0 || this.#closed) return;
    entry.endTimer?.clear();
    if (waitMs !== 'never') entry.endTimer = this.#deps.clock.after(waitMs, () => this.#endPlaylist(entry));
    const { disposeMs } = entry.playlist.options;
    if (disposeMs === 0) return;
    const name = formatStreamKey(entry.playlist.key);
    entry.timer = this.#deps.clock.after(disposeMs, () => void this.#dispose(name, entry));
  }

  /** Behind the last segment, which may be on its way to the disk still. */
  #endPlaylist(entry: Entry): void {
    entry.work = entry.work.then(async () => {
      if (entry.publishes === 0 && !this.#closed) await entry.playlist.end();
    });
  }

  async #dispose(name: string, entry: Entry): Promise<void> {
    entry.timer?.clear();
    entry.endTimer?.clear();
    if (this.#entries.get(name) === entry) this.#entries.delete(name);
    await entry.work;
    await entry.playlist.dispose();
    if (this.#entries.get(name)?.playlist.file !== entry.playlist.file)
      this.#files.delete(entry.playlist.file);
    this.#deps.log.info({ ...entry.playlist.key }, 'HLS of stream removed');
  }

  #emitSegment({ facts, key }: MediaSource, playlist: LivePlaylist, segment: Segment): void {
    const { path, seq, durationMs } = segment;
    this.#deps.emit({
      ...facts,
      ...key,
      action: 'on_hls',
      segment: {
        cwd: process.cwd(),
        file: playlist.fileOf(path),
        url: path,
        m3u8: playlist.file,
        m3u8Url: playlist.path,
        seqNo: seq,
        durationMs,
      },
    });
  }
}

/** Marks files of an earlier run as private: they may be older than the list. */
async function markLeftovers(root: string, options: HlsOptions, log: Logger): Promise<void> {
  if (!existsSync(root)) return;
  await markPrivate(privateNames(options, root), join(root, PRIVATE_LIST)).catch((error: Error) =>
    log.warn({ root, reason: error.message }, 'HLS files not marked private'),
  );
}

const NOTHING_KNOWN: LostSegment = { durationMs: 0, init: undefined, identity: '' };

function lostOf({ durationMs, init, identity }: FreshSegment): LostSegment {
  return { durationMs, init, identity };
}

function bothLost([first, second]: readonly [LostSegment, LostSegment]): LostSegment {
  const { init, identity } = second.init ? second : first;
  return { durationMs: first.durationMs + second.durationMs, init, identity };
}
