import type { Clock } from './clock.ts';

/** The moment by which several things have to be done, whichever of them takes the time. */
export class Deadline {
  readonly #clock: Clock;
  readonly #at: number;

  /** In `ms` milliseconds. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#at = clock.awake() + ms;
  }

  /** Milliseconds until then; 0 when it is over. */
  get leftMs(): number {
    return Math.max(0, this.#at - this.#clock.awake());
  }

  /** Waits for `work`, but no longer. Settles with true if it was done in time; rejects if it fails in time. */
  async bound(work: Promise<unknown>): Promise<boolean> {
    let end = () => {};
    const late = new Promise<false>((resolve) => {
      const timer = this.#clock.after(this.leftMs, () => resolve(false));
      end = () => timer.clear();
    });
    try {
      return await Promise.race([work.then(() => true), late]);
    } finally {
      end();
    }
  }
}
