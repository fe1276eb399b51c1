import type { Clock, Timer } from '../model/clock.ts';
import type { MediaSource } from '../model/media-source.ts';
import type { FrameMark, ServerStats } from '../model/stats.ts';

/** Time after which nobody is taken to look at a stream's plots any more. */
export const FRAME_WATCH_TIMEOUT_MS = 10_000;

/** Packets that are noted of a stream whose plots somebody looks at; a reader who is further behind misses the oldest. */
export const MAX_FRAME_MARKS = 4_000;

/** Notes the packets of one publish for as long as somebody asks for them. */
export class FrameWatch {
  readonly source: MediaSource;
  readonly #clock: Clock;
  readonly #untap: () => void;
  readonly #ended: () => void;
  #marks: FrameMark[] = [];
  /** Number of the newest mark; the first is 1. */
  #last = 0;
  #timer: Timer | undefined;

  /** `ended` is called when nobody has asked for a while, or the publisher has left. */
  constructor(source: MediaSource, clock: Clock, ended: () => void) {
    this.source = source;
    this.#clock = clock;
    this.#ended = ended;
    this.#wait();
    this.#untap = source.tap({
      write: ({ timestamp, kind, payload, keyframe, headerSlot }) => {
        // A decoder configuration is no frame, and a tap begins with those that are as old as the stream.
        if (headerSlot !== undefined) return;
        this.#last += 1;
        this.#marks.push({ t: timestamp, kind, bytes: payload.length, keyframe });
        // Half of them at a time, since cutting off costs as much as copying what stays.
        if (this.#marks.length > 2 * MAX_FRAME_MARKS) this.#marks = this.#marks.slice(-MAX_FRAME_MARKS);
      },
      end: () => this.#finish(),
    });
  }

  /** Packets after the one that `after` names, those that are still known. */
  marksAfter(after: number): NonNullable<ServerStats['frames']> {
    this.#wait();
    // A number that is not of this publish asks for all.
    const count = after > this.#last ? this.#last : this.#last - after;
    const marks = count === 0 ? [] : this.#marks.slice(-Math.min(count, MAX_FRAME_MARKS));
    return { last: this.#last, marks };
  }

  close(): void {
    this.#untap();
    this.#finish();
  }

  #wait(): void {
    this.#timer?.clear();
    this.#timer = this.#clock.after(FRAME_WATCH_TIMEOUT_MS, () => this.close());
  }

  #finish(): void {
    this.#timer?.clear();
    this.#ended();
  }
}
