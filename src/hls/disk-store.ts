import { readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LRUCache } from 'lru-cache';
import { type MediaNames, markPrivate } from '../model/private-files.ts';
import { readOwnedText } from './live-playlist.ts';
import type { SegmentStore } from './segment-store.ts';

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
