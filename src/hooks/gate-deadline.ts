import type { Clock, Timer } from '../model/clock.ts';

/**
 * How long somebody waits for backends: until the time is over, or until `end` says why earlier. An AbortController
 * would do, for more time than the rest of a question takes.
 */
export class GateDeadline {
  /** Its length, in milliseconds. */
  readonly ms: number;
  readonly #timer: Timer;
  #listener: ((why: string) => void) | undefined;
  #why: string | undefined;
  #expired = false;

  /** `spentMs` of the `ms` milliseconds are over already. */
  constructor(clock: Clock, ms: number, spentMs = 0) {
    this.ms = ms;
    this.#timer = clock.after(ms - spentMs, () => {
      this.#expired = this.#why === undefined;
      this.end(`did not answer within ${ms} ms`);
    });
  }

  /** Why it ended, as a verb phrase about the backend that is being waited for; undefined while it runs. */
  get why(): string | undefined {
    return this.#why;
  }

  /** True if somebody ended it before its time, which is no fault of a backend. */
  get givenUp(): boolean {
    return this.#why !== undefined && !this.#expired;
  }

  /** Who is to know of the end; one at a time, for URLs are called one by one. */
  set listener(listener: ((why: string) => void) | undefined) {
    this.#listener = listener;
  }

  end(why: string): void {
    this.#why ??= why;
    this.#listener?.(this.#why);
  }

  /** Stops the timer; to be called when nobody waits any more. */
  clear(): void {
    this.#timer.clear();
  }
}

/** Waits that long; less if `limit` ends before. */
export function pause(clock: Clock, ms: number, limit: GateDeadline): Promise<void> {
  if (limit.why !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    limit.listener = () => {
      timer.clear();
      resolve();
    };
  });
}
