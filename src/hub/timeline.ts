/** What `time_jitter` asks: see PlayOptions. */
export type TimelineMode = 'full' | 'zero' | 'off';

/** Milliseconds between the last packet of one publish and the first of the next on a stream that goes on. */
const STEP_MS = 10;

/**
 * The time line of one stream. Bytes are shared by all players, so time is corrected for the stream, never for a
 * player: a publish starts at 0 (`zero`), goes on where the one before it ended (`full`), or is left as it is (`off`).
 */
export class Timeline {
  readonly #mode: TimelineMode;
  #offset: number | undefined;
  #last: number | undefined;

  constructor(mode: TimelineMode) {
    this.#mode = mode;
  }

  /** The newest timestamp given out, 0 before there is one. */
  get now(): number {
    return this.#last ?? 0;
  }

  /** Begins a publish. `watched` tells that players of the one before are still there. */
  begin(watched: boolean): void {
    this.#offset = undefined;
    if (!watched) this.#last = undefined;
  }

  /** Places a publisher's timestamp (uint32) on the stream's time line (uint32). */
  place(timestamp: number): number {
    this.#offset ??= this.#firstOffset(timestamp);
    const placed = (timestamp + this.#offset) >>> 0;
    this.#last = placed;
    return placed;
  }

  #firstOffset(timestamp: number): number {
    if (this.#mode === 'zero') return -timestamp;
    if (this.#mode === 'full' && this.#last !== undefined) return this.#last + STEP_MS - timestamp;
    return 0;
  }
}
