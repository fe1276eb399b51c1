import type { Clock } from '../model/clock.ts';

/** How often silence is counted. Workers say something every second. */
export const WATCH_INTERVAL_MS = 5_000;
/** A worker that was silent at this many counts in a row hangs. */
export const WATCH_MISSES = 6;

/**
 * Finds members that have fallen silent. Counts rather than compares times: a process that was stopped as a whole, and
 * so heard nobody, blames nobody for it.
 */
export class Watchdog<Member> {
  readonly #clock: Clock;
  readonly #hung: (member: Member) => void;
  readonly #misses = new Map<Member, number>();
  #watching = false;

  /** `hung` is told once of each. */
  constructor(clock: Clock, hung: (member: Member) => void) {
    this.#clock = clock;
    this.#hung = hung;
  }

  /** It is alive. The first time begins the watch. */
  heard(member: Member): void {
    this.#misses.set(member, 0);
    if (!this.#watching) this.#watch();
  }

  forget(member: Member): void {
    this.#misses.delete(member);
  }

  #watch(): void {
    this.#watching = this.#misses.size > 0;
    if (this.#watching) this.#clock.after(WATCH_INTERVAL_MS, () => this.#count());
  }

  #count(): void {
    for (const [member, misses] of this.#misses) {
      this.#misses.set(member, misses + 1);
      if (misses + 1 < WATCH_MISSES) continue;
      this.#misses.delete(member);
      this.#hung(member);
    }
    this.#watch();
  }
}
