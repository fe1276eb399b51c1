import type { Clock } from '../model/clock.ts';

/**
 * A queue for work that takes milliseconds: each piece of it gets a turn of the event loop of its own, so that however
 * many streams have something to mux at the same moment, media goes on in between.
 */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles when it is the caller's turn. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => this.#clock.endOfTurn(resolve)));
    return this.#last;
  }
}
