import { open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { LRUCache } from 'lru-cache';
import type { Logger } from '../model/logger.ts';
import { type MediaNames, markPrivate } from '../model/private-files.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { readOwnedText } from './playlist.ts';

/** Place of the bytes of a segment. */
export interface Stored {
  /** The file that has them, or would have them if they were on the disk. */
  readonly file: string;
  /** The bytes, if they are in memory. */
  bytes(): Buffer | undefined;
}

/** Keeps the files of streams. Paths are relative to `hls_path`, with `/` between their parts. */
export interface SegmentStore {
  /** Place of a path on the disk, whether it is there or not. */
  fileOf(path: string): string;
  /** Keeps bytes under a path, complete or not at all. Rejects with a sentence if that cannot be done. */
  put(path: string, bytes: Buffer): Promise<Stored>;
  /** Puts a playlist in the place of the one before. */
  putPlaylist(path: string, text: string): Promise<void>;
  /** Forgets a playlist, unless another process has put its own in its place; never rejects. */
  removePlaylist(path: string): Promise<void>;
  /** Forgets a path. Rejects if its file is there still; what was in memory of it is forgotten all the same. */
  remove(path: string): Promise<void>;
}

/** A part of a stored file: from byte `start` to byte `end`, which is the last one. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** Reads what is stored; in memory nothing is copied. */
export async function readStored(stored: Stored, part: Part | undefined): Promise<Buffer | Readable> {
  const bytes = stored.bytes();
  if (bytes) return part === undefined ? bytes : bytes.subarray(part.start, part.end + 1);
  const file = await open(stored.file);
  return file.createReadStream({ ...part, autoClose: true });
}

/** Keeps nothing but what segments hold themselves; `root` is where files would be. */
export function memoryStore(root: string): SegmentStore {
  const fileOf = (path: string) => join(root, path);
  return {
    fileOf,
    put: (path, bytes) => Promise.resolve({ file: fileOf(path), bytes: () => bytes }),
    putPlaylist: () => Promise.resolve(),
    removePlaylist: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EROFS: 'the disk is read-only',
};

/**
 * Keeps files under `names.root`, which are put on record there as private first. Each is written beside its place and
 * renamed, so that nobody reads half of one. `recent` has the bytes of those that were written last, by file: nearly all
 * viewers ask for these.
 */
export function diskStore(names: MediaNames, recent: LRUCache<string, Buffer>): SegmentStore {
  const fileOf = (path: string) => join(names.root, path);
  let isMarked = false;
  const makeRoom = async (file: string) => {
    await markPrivate(names, file);
    isMarked = true;
  };
  const write = async (path: string, content: Buffer | string) => {
    const file = fileOf(path);
    const unfinished = `${file}.tmp`;
    try {
      if (!isMarked) await makeRoom(file);
      await writeFile(unfinished, content).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        // A directory that is not there yet, or not any more.
        await makeRoom(file);
        await writeFile(unfinished, content);
      });
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw new Error(explain(file, error as NodeJS.ErrnoException), { cause: error });
    }
    return file;
  };
  const remove = async (path: string) => {
    const file = fileOf(path);
    recent.delete(file);
    await rm(file, { force: true });
    // The directory of a stream goes with its last file; that of others is not empty.
    if (path.includes('/')) await rmdir(dirname(file)).catch(() => undefined);
  };
  return {
    fileOf,
    async put(path, bytes) {
      const file = await write(path, bytes);
      recent.set(file, bytes);
      return { file, bytes: () => recent.get(file) };
    },
    putPlaylist: async (path, text) => {
      await write(path, text);
    },
    async removePlaylist(path) {
      const owned = await readFile(fileOf(path), 'utf8').then(readOwnedText, () => undefined);
      if (owned?.pid === process.pid) await remove(path).catch(() => undefined);
    },
    remove,
  };
}

function explain(file: string, { code = '', message }: NodeJS.ErrnoException): string {
  return `cannot write ${file}: ${REASONS[code] ?? message}`;
}

/** Log messages of failures that may last, and of their ends. */
const MESSAGES = {
  segments: ['HLS segments of a stream are left out', 'HLS segments of a stream are kept again'],
  playlist: ['the HLS playlist of a stream is not written', 'the HLS playlist of a stream is written again'],
  removal: ['old HLS files of a stream are not removed', 'old HLS files of a stream are removed again'],
} as const;

/** Logs failures of one stream's segments: once at the first and once when they are over, however many there are. */
export class Outage {
  readonly #log: Logger;
  readonly #key: StreamKey;
  readonly #failures = new Map<keyof typeof MESSAGES, number>();

  constructor(log: Logger, key: StreamKey) {
    this.#log = log;
    this.#key = key;
  }

  /** Notes a failure. */
  failed(what: keyof typeof MESSAGES, error: unknown): void {
    const failures = this.#failures.get(what) ?? 0;
    this.#failures.set(what, failures + 1);
    if (failures === 0)
      this.#log.error({ ...this.#key, reason: (error as Error).message }, MESSAGES[what][0]);
  }

  /** Notes a success, which ends an outage. */
  worked(what: keyof typeof MESSAGES): void {
    const failures = this.#failures.get(what);
    if (failures === undefined) return;
    this.#failures.delete(what);
    this.#log.info({ ...this.#key, failures }, MESSAGES[what][1]);
  }
}

/** Files of a stream that could not be removed and are tried again; of more, the oldest are forgotten. */
const MAX_UNREMOVED_FILES = 1_000;

/** Files of a stream that nobody needs any more; one that could not be removed is tried again with the next ones. */
export class OldFiles {
  readonly #store: SegmentStore;
  readonly #outage: Outage;
  #left: readonly string[] = [];

  constructor(store: SegmentStore, outage: Outage) {
    this.#store = store;
    this.#outage = outage;
  }

  /** Paths of those that are there still, the oldest first. */
  get left(): readonly string[] {
    return this.#left;
  }

  /** Removes files, and those that are left; never rejects. */
  async remove(paths: readonly string[]): Promise<void> {
    const left: string[] = [];
    let failure: unknown;
    // Each of the new ones is tried: it is forgotten in memory even if its file stays.
    const again = this.#left.slice(0, paths.length + 1);
    for (const path of [...paths, ...again]) {
      await this.#store.remove(path).catch((error: unknown) => {
        failure = error;
        left.push(path);
      });
    }
    this.#left = [...this.#left.slice(again.length), ...left].slice(-MAX_UNREMOVED_FILES);
    if (failure !== undefined) this.#outage.failed('removal', failure);
    else if (this.#left.length === 0) this.#outage.worked('removal');
  }
}

/** Files and directories that are looked through for what an earlier run has left. */
const MAX_LEFTOVER_ENTRIES = 100_000;

/**
 * Removes what a run that is no more has left under a directory: the playlists that it kept, and the files that these
 * name. Nothing else is touched. Returns how many playlists there were.
 */
export async function clearLeftovers(root: string, cleanup: boolean): Promise<number> {
  let found = 0;
  for (const file of await playlistsUnder(root)) {
    const owned = await readHead(file).then(readOwnedText, () => undefined);
    if (!owned || isAlive(owned.pid)) continue;
    found++;
    const files = cleanup ? owned.uris.flatMap((uri) => pathOf(root, file, uri) ?? []) : [];
    for (const path of [...files, file]) await rm(path, { force: true }).catch(() => undefined);
    await rmdir(dirname(file)).catch(() => undefined);
  }
  return found;
}

async function playlistsUnder(root: string): Promise<string[]> {
  const found: string[] = [];
  const directories = [root];
  let seen = 0;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (++seen > MAX_LEFTOVER_ENTRIES) return found;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) directories.push(path);
      else if (entry.isFile() && entry.name.endsWith('.m3u8')) found.push(path);
    }
  }
  return found;
}

/** Text of a playlist; empty if it is larger than one of ours. */
async function readHead(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return size > MAX_PLAYLIST_BYTES ? '' : await readFile(handle, 'utf8');
  } finally {
    await handle.close();
  }
}

const MAX_PLAYLIST_BYTES = 4_194_304;

/** Path to which a URI of a playlist leads; undefined if it is not under the directory. */
function pathOf(root: string, playlist: string, uri: string): string | undefined {
  try {
    const path = resolve(dirname(playlist), ...uri.split('/').map(decodeURIComponent));
    const inside = relative(resolve(root), path);
    return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? undefined : path;
  } catch {
    return undefined;
  }
}

/** True for another process that runs; this one has nothing there yet. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
