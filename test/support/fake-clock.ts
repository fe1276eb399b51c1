import type { Clock, Timer } from '../../src/model/clock.ts';
import { LATE_MS } from '../../src/model/process-clock.ts';

interface Alarm {
  /** True for a time that does not count pauses. */
  readonly long: boolean;
  at: number;
  readonly task: () => void;
}

/**
 * Time that goes on when the test says so. Turns end by hand too (`endTurn`), unless `turns` is `real`, for tests whose
 * bytes travel through streams.
 */
export class FakeClock implements Clock {
  #now = 0;
  #pausedMs = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #endings: (() => void)[] = [];
  readonly #turns: 'by hand' | 'real';

  constructor(turns: 'by hand' | 'real' = 'by hand') {
    this.#turns = turns;
  }

  now(): number {
    return this.#now;
  }

  awake(): number {
    return this.#now - this.#pausedMs;
  }

  after(ms: number, task: () => void): Timer {
    const alarm = { at: this.#now + ms, task, long: ms > LATE_MS };
    this.#alarms.add(alarm);
    return { clear: () => void this.#alarms.delete(alarm) };
  }

  endOfTurn(task: () => void): void {
    if (this.#turns === 'real') setImmediate(task);
    else this.#endings.push(task);
  }

  /** Timers that have not gone off, by the milliseconds that they still have. */
  get pending(): number[] {
    return [...this.#alarms].map((alarm) => alarm.at - this.#now).sort((a, b) => a - b);
  }

  /** Lets time pass. Timers go off in order, each at its own time, also those that others set meanwhile. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#alarms].filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#alarms.delete(next);
      next.task();
    }
    this.#now = end;
  }

  /** Lets time pass in which nothing gets its turn: the process is busy. */
  busy(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass in which the process was stopped: what was sent to it meanwhile is yet to be read. */
  pause(ms: number): void {
    this.#now += ms;
    this.#pausedMs += ms;
    for (const alarm of this.#alarms) if (alarm.long) alarm.at += ms;
  }

  /** Ends the turn of the event loop: what waited for that runs. */
  endTurn(): void {
    for (const task of this.#endings.splice(0)) task();
  }
}
