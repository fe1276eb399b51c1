import type { Clock } from '../model/clock.ts';

/** Share of the event loop that `mw_latency auto` lets flushes take before it makes them rarer. */
const TARGET_LOAD = 0.25;
/** Longest interval between flushes of one stream, in milliseconds: SRS's default merged write. */
const LONGEST_INTERVAL_MS = 350;
/** Below this interval a timer gains nothing over flushing at the end of each turn. */
const SHORTEST_INTERVAL_MS = 4;
const WINDOW_MS = 250;

/**
 * Decides how often streams with `mw_latency auto` are flushed. The cost of flushing is the number of writes, so the
 * interval grows until flushes take no more than their share of the loop, and shrinks to nothing while they are cheap.
 * All streams of a process share one pace, since they share its loop.
 */
export class FlushPace {
  readonly #clock: Clock;
  #intervalMs = 0;
  #windowStart: number;
  #spentMs = 0;
  #flushes = 0;
  #streams = new Set<object>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#windowStart = clock.now();
  }

  /** Milliseconds to wait from a packet to the flush that takes it along; 0 is the end of the turn. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Accounts one flush of `stream` that took `costMs`. */
  record(stream: object, costMs: number): void {
    this.#spentMs += costMs;
    this.#flushes += 1;
    this.#streams.add(stream);
    const window = this.#clock.now() - this.#windowStart;
    if (window < WINDOW_MS) return;
    const load = this.#spentMs / window;
    const interval = (window * this.#streams.size) / this.#flushes;
    // Load is inversely proportional to the interval; half a step at a time, since a window is a small sample.
    const wanted = Math.min(LONGEST_INTERVAL_MS, interval * (load / TARGET_LOAD));
    const next = (this.#intervalMs + wanted) / 2;
    this.#intervalMs = load < TARGET_LOAD && next < SHORTEST_INTERVAL_MS ? 0 : next;
    this.#windowStart = this.#clock.now();
    this.#spentMs = 0;
    this.#flushes = 0;
    this.#streams.clear();
  }
}
