import type { Clock } from '../model/clock.ts';

/** Share of the event loop that the flushes of one stream may take before `mw_latency auto` makes them rarer. */
const STREAM_LOAD = 0.1;
/** Share that the flushes of all streams together may take before all of them become rarer. */
const TOTAL_LOAD = 0.4;
/** Longest interval between flushes of one stream, in milliseconds: SRS's default merged write. */
const LONGEST_INTERVAL_MS = 350;
/** Below this interval a timer gains nothing over flushing at the end of each turn. */
const SHORTEST_INTERVAL_MS = 4;
const WINDOW_MS = 250;
/** Most that crowding stretches an interval by; it must not take long to come back from. */
const LONGEST_STRETCH = 64;
/** Weight of the newest flush in a stream's cost. */
const WEIGHT = 0.1;

/**
 * Decides how often streams with `mw_latency auto` are flushed. The cost of flushing is the number of writes, so a
 * stream's interval grows with the players it has, and is nothing while they are few. Streams share the loop: when
 * their flushes together take too much of it, all intervals grow.
 */
export class FlushScheduler {
  readonly #clock: Clock;
  #windowStart: number;
  #spentMs = 0;
  #crowding = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#windowStart = clock.now();
  }

  /** By how much all intervals are stretched; 1 is not at all. */
  get crowding(): number {
    return this.#crowding;
  }

  /** The pace of one more stream. */
  ofStream(): StreamPace {
    return new StreamPace(this);
  }

  /** Accounts a flush of any stream. */
  record(costMs: number): void {
    this.#spentMs += costMs;
    const window = this.#clock.now() - this.#windowStart;
    if (window < WINDOW_MS) return;
    const load = this.#spentMs / window;
    // Load is inversely proportional to the interval; half a step at a time, since a window is a small sample.
    const stretched = (this.#crowding * (1 + load / TOTAL_LOAD)) / 2;
    this.#crowding = Math.min(LONGEST_STRETCH, Math.max(1, stretched));
    this.#windowStart = this.#clock.now();
    this.#spentMs = 0;
  }
}

/** Flush pace of one stream. */
export class StreamPace {
  readonly #all: FlushScheduler;
  #costMs = 0;

  constructor(all: FlushScheduler) {
    this.#all = all;
  }

  /** Milliseconds to wait from a packet to the flush that takes it along; 0 is the end of the turn. */
  get intervalMs(): number {
    const interval = (this.#costMs / STREAM_LOAD) * this.#all.crowding;
    return interval < SHORTEST_INTERVAL_MS ? 0 : Math.min(LONGEST_INTERVAL_MS, interval);
  }

  /** Accounts one flush of this stream. */
  record(costMs: number): void {
    // One flush that a garbage collection fell into says nothing about the next.
    const plausible = Math.min(costMs, 4 * this.#costMs + 0.5);
    this.#costMs += WEIGHT * (plausible - this.#costMs);
    this.#all.record(costMs);
  }
}
