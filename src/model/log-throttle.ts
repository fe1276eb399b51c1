/** Keeps log lines that thousands of clients would cause to one in a while, with how many events it stands for. */
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** Shortest time between two warnings about the same subject, in milliseconds. */
const WARNING_INTERVAL_MS = 10_000;

/** Time over which events are counted for one line, in milliseconds. */
const COUNT_MS = 1_000;

/** Lets the first event of each subject through, then one per interval. */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #logged = new WeakMap<object, { at: number; since: number }>();

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Number of events since the last line, this one included; undefined if it is too early for another line. */
  due(subject: object): number | undefined {
    const now = this.#clock.now();
    const logged = this.#logged.get(subject);
    if (logged !== undefined && now - logged.at < this.#intervalMs) {
      logged.since++;
      return undefined;
    }
    this.#logged.set(subject, { at: now, since: 0 });
    return (logged?.since ?? 0) + 1;
  }

  /** Number of events since the last line, which are counted anew. */
  takeUnlogged(subject: object): number {
    const logged = this.#logged.get(subject);
    const { since = 0 } = logged ?? {};
    if (logged) logged.since = 0;
    return since;
  }
}

/** Warnings of which each subject gets one per interval. */
export class ThrottledWarnings {
  readonly #throttle: LogThrottle;
  readonly #logger: Logger;
  readonly #subjects = new Map<string, { message: string }>();

  constructor(clock: Clock, logger: Logger) {
    this.#throttle = new LogThrottle(clock, WARNING_INTERVAL_MS);
    this.#logger = logger;
  }

  /** Warns of the first event, then counts, and says with the next line how many there were since. */
  warn(name: string, fields: object, message: string): void {
    const subject = this.#subjects.get(name) ?? { message };
    subject.message = message;
    this.#subjects.set(name, subject);
    const times = this.#throttle.due(subject);
    if (times === undefined) return;
    this.#logger.warn({ ...fields, ...(times > 1 && { alsoSince: times - 1 }) }, message);
  }

  /** Logs what has been counted since the last lines. */
  flush(): void {
    for (const subject of this.#subjects.values()) {
      const alsoSince = this.#throttle.takeUnlogged(subject);
      if (alsoSince > 0) this.#logger.warn({ alsoSince }, subject.message);
    }
  }
}

/** Counts events and logs them together, a second after the first. */
export class LogCounter<T = void> {
  readonly #clock: Clock;
  readonly #log: (count: number, first: T) => void;
  #count = 0;

  constructor(clock: Clock, log: (count: number, first: T) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  add(event: T): void {
    this.#count += 1;
    if (this.#count > 1) return;
    this.#clock.after(COUNT_MS, () => {
      this.#log(this.#count, event);
      this.#count = 0;
    });
  }
}
