import type { Clock } from '../model/clock.ts';

/** Keeps a log line that thousands would cause to one in a while for each thing that it is about. */
export class Seldom {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #said = new WeakMap<object, { at: number; since: number }>();

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** How often it happened since it was last said, this time included; undefined if it is not to be said again yet. */
  due(about: object): number | undefined {
    const now = this.#clock.now();
    const said = this.#said.get(about);
    if (said !== undefined && now - said.at < this.#intervalMs) {
      said.since++;
      return undefined;
    }
    this.#said.set(about, { at: now, since: 0 });
    return (said?.since ?? 0) + 1;
  }
}
