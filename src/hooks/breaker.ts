import type { Clock } from '../model/clock.ts';
import type { BreakerState } from '../model/delivery.ts';
import type { BreakerOptions } from '../model/options.ts';

/** What a request says of its backend: it is well, it is not, or nothing (the client left, it was never sent). */
export type Sign = 'well' | 'ill' | 'none';

/** Lets a backend alone that fails: after so many failures in a row none is asked for a while, and then one. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #clock: Clock;
  readonly #changed: (state: BreakerState, before: BreakerState) => void;
  #state: BreakerState = 'closed';
  /** Counts the changes of state: what was asked before the last one says nothing about the time after it. */
  #era = 0;
  #failures = 0;
  #last = '';
  #openedAt = 0;
  #probing = false;

  /** `changed` is called at each change of state. */
  constructor(
    options: BreakerOptions,
    clock: Clock,
    changed: (state: BreakerState, before: BreakerState) => void,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#changed = changed;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** How the last request failed, as a verb phrase about the backend. */
  get last(): string {
    return this.#last;
  }

  /** Why nobody is let through, as a verb phrase about the backend. */
  get why(): string {
    const left = Math.ceil((this.#openedAt + this.#options.openMs - this.#clock.now()) / 1000);
    const now = left > 0 ? `is left alone for ${left} s` : 'is being tried again by another request';
    const requests = this.#failures === 1 ? 'request' : `${this.#failures} requests`;
    return `${now}: its last ${requests} failed (last: ${this.#last})`;
  }

  /** Lets a request through and gives it a ticket for `settle`, or not: undefined. */
  enter(): number | undefined {
    if (this.#state === 'closed') return this.#era;
    if (this.#state === 'open') {
      if (this.#clock.now() - this.#openedAt < this.#options.openMs) return undefined;
      this.#become('half_open');
    }
    if (this.#probing) return undefined;
    this.#probing = true;
    return this.#era;
  }

  /** Takes what came of a request that was let through; `failure` says how it failed, if it did. */
  settle(ticket: number, sign: Sign, failure = ''): void {
    if (ticket !== this.#era) return;
    this.#probing = false;
    if (sign === 'well') this.#succeed();
    else if (sign === 'ill') this.#fail(failure);
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#state !== 'closed') this.#become('closed');
  }

  #fail(failure: string): void {
    this.#failures++;
    this.#last = failure;
    const { failures } = this.#options;
    if (failures === 0 || (this.#state === 'closed' && this.#failures < failures)) return;
    this.#openedAt = this.#clock.now();
    this.#become('open');
  }

  #become(state: BreakerState): void {
    const before = this.#state;
    this.#state = state;
    this.#era++;
    this.#changed(state, before);
  }
}
