import { join } from 'node:path';
import type { SegmentStore } from './segment-store.ts';

/** Keeps nothing but what segments hold themselves; `root` is where files would be. */
export function memoryStore(root: string): SegmentStore {
  return {
    fileOf: (path) => join(root, path),
    put: (_path, bytes) => Promise.resolve({ at: 'memory', bytes }),
    putPlaylist: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}
