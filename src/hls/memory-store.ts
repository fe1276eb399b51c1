import { join } from 'node:path';
import type { SegmentStore } from './segment-store.ts';

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
