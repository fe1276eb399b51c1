/** A running timer; `clear` on one that has fired is harmless. */
export interface Timer {
  clear(): void;
}

/** Time as the rooms see it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds on a monotonic scale, with fractions. */
  now(): number;
  /**
   * The same, less the time in which this process was paused (stopped, or busy with one thing for long) and what others
   * sent it waited unread. The silence of a peer is measured on this scale alone.
   */
  awake(): number;
  /**
   * Runs `task` once, `ms` milliseconds from now. More than half a second does not count pauses of this process, and is over only
   * when what came meanwhile has been read. Never keeps the process alive.
   */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` once the current turn's input has been read (end of the event-loop turn). */
  endOfTurn(task: () => void): void;
}

/**
 * Milliseconds until the repetition that follows `attempts` failures: doubling from `firstMs` to `mostMs`, and of that a
 * random part, half of it at least, so that what failed together does not come back together.
 */
export function backoffMs(
  attempts: number,
  firstMs: number,
  mostMs: number,
  random: () => number = Math.random,
): number {
  return Math.min(mostMs, firstMs * 2 ** (attempts - 1)) * (0.5 + random() / 2);
}

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
