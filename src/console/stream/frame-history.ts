import type { Frame } from '../api/contract.ts';

/** Seconds that the plots show. */
export const SHOWN_SECONDS = 60;
const SHOWN_MS = SHOWN_SECONDS * 1000;
/** No stream goes on after such a gap as if nothing had been. */
const JUMP_MS = 1000;

/** Columns of a plot: times in seconds up to now, which is 0, then the values of each series. */
export type Columns = readonly (readonly (number | null)[])[];

/** Figures that the last packets of a stream give. */
export interface FramePlots {
  /** Milliseconds from one video frame to the next. */
  readonly interval: Columns;
  /** Milliseconds from one keyframe to the next. */
  readonly gop: Columns;
}

/** Keeps the packets of the last minute. One that jumps back, as after a new publisher, begins it anew. */
export class FrameHistory {
  #frames: readonly Frame[] = [];

  /** Takes the packets that have come since, and says how the plots look now. */
  take(frames: readonly Frame[]): FramePlots {
    const last = this.#frames.at(-1)?.t ?? Number.NEGATIVE_INFINITY;
    const first = frames[0]?.t ?? last;
    const before = first < last - JUMP_MS ? [] : this.#frames;
    const all = [...before, ...frames];
    const now = all.reduce((most, { t }) => Math.max(most, t), Number.NEGATIVE_INFINITY);
    this.#frames = all.filter(({ t }) => t > now - SHOWN_MS - 1000);
    return {
      interval: gapsOf(
        timesOf(this.#frames, () => true),
        now,
      ),
      gop: gapsOf(
        timesOf(this.#frames, ({ keyframe }) => keyframe),
        now,
      ),
    };
  }
}

function timesOf(frames: readonly Frame[], fits: (frame: Frame) => boolean): number[] {
  return frames.filter((frame) => frame.kind === 'video' && fits(frame)).map(({ t }) => t);
}

/** The time from each to the next, at the time of the next. */
function gapsOf(times: readonly number[], now: number): Columns {
  const xs: number[] = [];
  const gaps: number[] = [];
  for (const [index, time] of times.entries()) {
    const before = times[index - 1];
    if (before === undefined || time <= before || time < now - SHOWN_MS) continue;
    xs.push((time - now) / 1000);
    gaps.push(time - before);
  }
  return [xs, gaps];
}
