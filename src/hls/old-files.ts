import type { Outage } from './outage.ts';
import type { SegmentStore } from './segment-store.ts';

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
