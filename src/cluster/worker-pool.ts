import cluster, { type Worker } from 'node:cluster';
import type { Clock } from '../model/clock.ts';
import type { ToPrimary, ToWorker } from './messages.ts';

/** A worker that asks to begin within this time of its predecessor's beginning waits out the rest of it. */
export const RESPAWN_PAUSE_MS = 1_000;

/** Share of `drain_timeout` in which the workers of a stopping server close their clients … */
export const WORKERS_SHARE = 0.6;
/** … and after which one that has not is ended. The rest is for the delivery of what they told last. */
export const LAST_SHARE = 0.8;

/** A worker process, as the primary has it. */
export interface WorkerProcess {
  /** From 1 on; that of a replacement is its predecessor's. */
  readonly number: number;
  /** Never used again. */
  readonly node: string;
  readonly pid: number;
  send(message: ToWorker): void;
  /** Ends it at once. */
  kill(): void;
}

/** What becomes of workers. */
export interface WorkerPoolEvents {
  /** A process is there and waits for its assignment. */
  started(worker: WorkerProcess): void;
  said(worker: WorkerProcess, message: ToPrimary): void;
  /** It has ended, and all that it said before has been heard. `how` is its exit code or a signal's name. */
  gone(worker: WorkerProcess, how: string): void;
  /** It has said nothing for so long that it will be ended and replaced. */
  hangs(worker: WorkerProcess): void;
}

/** Worker processes that share listening sockets. One that ends is replaced, until the worker pool is told to stop. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #events: WorkerPoolEvents;
  readonly #alive = new Set<WorkerProcess>();
  readonly #watchdog: Watchdog<WorkerProcess>;
  #replacing = true;
  #noneLeft: (() => void) | undefined;

  /** `file` is the program that workers run. */
  constructor(file: string, clock: Clock, events: WorkerPoolEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#watchdog = new Watchdog(clock, (worker) => {
      events.hangs(worker);
      worker.kill();
    });
    // The kernel spreads connections: no process stands between it and the workers (docs/adr/0011-workers.md).
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: file, args: [], serialization: 'advanced' });
  }

  get workers(): readonly WorkerProcess[] {
    return [...this.#alive];
  }

  start(count: number): void {
    for (let number = 1; number <= count; number++) this.#start(number);
  }

  /** Replaces nobody any more, and settles when the last one has ended. */
  async empty(): Promise<void> {
    this.#replacing = false;
    if (this.#alive.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#noneLeft = resolve;
    });
  }

  #start(number: number): void {
    const began = this.#clock.now();
    const process = cluster.fork();
    const worker = describe(number, process);
    this.#alive.add(worker);
    this.#watchdog.heard(worker);
    process.on('message', (message: ToPrimary) => {
      this.#watchdog.heard(worker);
      this.#events.said(worker, message);
    });
    process.on('error', () => undefined);
    // Both, since what it said last may be read after its end is known.
    const ended = new Promise<string>((resolve) => {
      process.on('exit', (code: number | null, signal: string | null) => resolve(signal ?? String(code)));
    });
    const silent = new Promise<void>((resolve) => process.on('disconnect', resolve));
    void Promise.all([ended, silent]).then(([how]) => this.#gone(worker, how, began));
    this.#events.started(worker);
  }

  #gone(worker: WorkerProcess, how: string, began: number): void {
    this.#alive.delete(worker);
    this.#watchdog.forget(worker);
    this.#events.gone(worker, how);
    if (this.#replacing) {
      const pause = RESPAWN_PAUSE_MS - (this.#clock.now() - began);
      const replace = () => this.#replacing && this.#start(worker.number);
      if (pause <= 0) replace();
      else this.#clock.after(pause, replace);
    }
    if (this.#alive.size === 0) this.#noneLeft?.();
  }
}

function describe(number: number, worker: Worker): WorkerProcess {
  return {
    number,
    node: String(worker.id),
    pid: worker.process.pid ?? -1,
    send: (message) => {
      if (worker.isConnected()) worker.send(message);
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/** How often silence is counted. Workers say something every second. */
export const WATCH_INTERVAL_MS = 5_000;
/** A worker that was silent at this many counts in a row hangs. */
export const WATCH_MISSES = 6;

/**
 * Finds members that have fallen silent. Counts rather than compares times: a process that was stopped as a whole, and
 * so heard nobody, blames nobody for it.
 */
export class Watchdog<Member> {
  readonly #clock: Clock;
  readonly #hung: (member: Member) => void;
  readonly #misses = new Map<Member, number>();
  #watching = false;

  /** `hung` is told once of each. */
  constructor(clock: Clock, hung: (member: Member) => void) {
    this.#clock = clock;
    this.#hung = hung;
  }

  /** It is alive. The first time begins the watch. */
  heard(member: Member): void {
    this.#misses.set(member, 0);
    if (!this.#watching) this.#watch();
  }

  forget(member: Member): void {
    this.#misses.delete(member);
  }

  #watch(): void {
    this.#watching = this.#misses.size > 0;
    if (this.#watching) this.#clock.after(WATCH_INTERVAL_MS, () => this.#count());
  }

  #count(): void {
    for (const [member, misses] of this.#misses) {
      this.#misses.set(member, misses + 1);
      if (misses + 1 < WATCH_MISSES) continue;
      this.#misses.delete(member);
      this.#hung(member);
    }
    this.#watch();
  }
}
