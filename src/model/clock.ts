/** A running timer; `clear` on one that has fired is harmless. */
export interface Timer {
  clear(): void;
}

/** Time as the rooms see it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds on a monotonic scale, with fractions. */
  now(): number;
  /** Runs `task` once, `ms` milliseconds from now. Never keeps the process alive. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` once the current turn's input has been read (end of the event-loop turn). */
  endOfTurn(task: () => void): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, task) {
    const handle = setTimeout(task, ms);
    handle.unref();
    return { clear: () => clearTimeout(handle) };
  },
  endOfTurn(task) {
    setImmediate(task);
  },
};
