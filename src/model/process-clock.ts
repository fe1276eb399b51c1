import type { Clock, Timer } from './clock.ts';

/** Interval at which the event loop is checked. */
export const BEAT_MS = 250;
/** An event loop that comes round later than this was paused. Timers up to this length never wait for it. */
export const LATE_MS = 500;

/** Clock of the process. Its timers do not keep the process alive. */
export interface ProcessTimers {
  /** Milliseconds on a monotonic scale. */
  now(): number;
  /** Runs `task` in `ms` milliseconds, before what came meanwhile is read. Returns what prevents it. */
  setTimer(ms: number, task: () => void): () => void;
  /** Runs `task` when what came has been read. */
  afterInput(task: () => void): void;
}

/**
 * The clock of this process, which knows when the process was paused: a beat that comes too late says so. From then until
 * the input of that turn has been read, `awake` stands still and no longer timer goes off.
 */
export class ProcessClock implements Clock {
  readonly #timers: ProcessTimers;
  /** All pauses so far, in milliseconds. */
  #pausedMs = 0;
  /** When the process passes for paused unless there is a beat before; infinite while nobody has asked for it. */
  #beatDue = Number.POSITIVE_INFINITY;
  /** Timers that were due in a pause of which the input has not been read. */
  readonly #late = new Set<() => void>();

  constructor(timers: ProcessTimers) {
    this.#timers = timers;
  }

  now(): number {
    return this.#timers.now();
  }

  awake(): number {
    this.#begin();
    return Math.min(this.#timers.now(), this.#beatDue) - this.#pausedMs;
  }

  after(ms: number, task: () => void): Timer {
    if (ms <= LATE_MS) return { clear: this.#timers.setTimer(ms, task) };
    const due = this.awake() + ms;
    let clear = () => {};
    const look = () => {
      if (this.#timers.now() > this.#beatDue) {
        this.#late.add(look);
        clear = () => void this.#late.delete(look);
        return;
      }
      const left = due - this.awake();
      // Timers of a process may be early by the fraction that their milliseconds leave out.
      if (left < 1) task();
      else clear = this.#timers.setTimer(left, look);
    };
    clear = this.#timers.setTimer(ms, look);
    return { clear: () => clear() };
  }

  endOfTurn(task: () => void): void {
    this.#timers.afterInput(task);
  }

  /** Begins to beat, once somebody wants to know of pauses. */
  #begin(): void {
    if (this.#beatDue !== Number.POSITIVE_INFINITY) return;
    this.#beatDue = this.#timers.now() + BEAT_MS + LATE_MS;
    this.#timers.setTimer(BEAT_MS, this.#beat);
  }

  readonly #beat = (): void => {
    if (this.#timers.now() <= this.#beatDue) this.#next();
    else this.#timers.afterInput(() => this.#wakeUp());
  };

  #wakeUp(): void {
    this.#pausedMs += Math.max(0, this.#timers.now() - this.#beatDue);
    this.#next();
    for (const look of this.#late) {
      this.#late.delete(look);
      look();
    }
  }

  #next(): void {
    this.#beatDue = this.#timers.now() + BEAT_MS + LATE_MS;
    this.#timers.setTimer(BEAT_MS, this.#beat);
  }
}

/** The machine's own clock. */
export const systemClock: Clock = new ProcessClock({
  now: () => performance.now(),
  setTimer(ms, task) {
    const handle = setTimeout(task, ms);
    handle.unref();
    return () => clearTimeout(handle);
  },
  afterInput(task) {
    setImmediate(task);
  },
});
