import type { MediaPacket } from '../model/media.ts';

/** Mode of `time_jitter`: see PlayOptions. */
export type TimelineMode = 'full' | 'zero' | 'off';

/** Milliseconds between the last packet of one publish and the first of the next on a stream that goes on. */
const STEP_MS = 10;

/** Greatest distance of interleaved audio and video of one publish; further back is another time. */
const WEAVE_MS = 5_000;

/**
 * The time line of one stream. Bytes are shared by all players, so time is corrected for the stream, never for a
 * player: a publish starts at 0 (`zero`), goes on where the one before it ended (`full`), or is left as it is (`off`).
 */
export class Timeline {
  readonly #mode: TimelineMode;
  /** Start of the present publish; undefined leaves it where its publisher has it. */
  #start: number | undefined;
  /** Offset of the present publish's times; undefined until its first audio or video. */
  #offset: number | undefined;
  /** Time of the last audio or video, whichever of the two has come further. */
  #last: number | undefined;

  constructor(mode: TimelineMode) {
    this.#mode = mode;
  }

  /**
   * Begins a publish. `watched` tells that players of the one before are still there; `relayed` that its times were
   * placed where it was published.
   */
  beginPublish(watched: boolean, relayed: boolean): void {
    if (!watched) this.#last = undefined;
    this.#offset = undefined;
    this.#start = this.#mode === 'zero' && !relayed ? 0 : undefined;
    if (this.#mode === 'full' && this.#last !== undefined) this.#start = (this.#last + STEP_MS) >>> 0;
  }

  /** Place of a publisher's packet on the stream's time line (uint32). */
  place({ kind, timestamp, headerSlot }: MediaPacket): number {
    const header = headerSlot !== undefined;
    if (header || kind === 'data') {
      // Headers say 0 as a rule, whatever the time is, so no time is to be learned from them.
      if (this.#start === undefined) return timestamp;
      if (this.#offset === undefined) return this.#start;
      return header ? (this.#last ?? this.#start) : (timestamp + this.#offset) >>> 0;
    }
    this.#offset ??= this.#start === undefined ? 0 : this.#start - timestamp;
    const placed = (timestamp + this.#offset) >>> 0;
    const behind = this.#last === undefined ? 0 : (this.#last - placed) | 0;
    if (behind <= 0 || behind > WEAVE_MS) this.#last = placed;
    return placed;
  }
}
