import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Timer that measures the loop's delay, in milliseconds; it is taken off what is measured. */
const RESOLUTION_MS = 10;

/** What a process takes of the machine, as it was over the time between the last two looks. */
export interface ProcessLoad {
  /** Of one core. */
  readonly cpuPercent: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

const UNKNOWN: ProcessLoad = { cpuPercent: 0, loopDelayMs: { p50: 0, p99: 0, max: 0 } };

/** Measures this process, from its making until it is closed. */
export class ProcessMeter {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #cpu = process.cpuUsage();
  #at = performance.now();
  #load = UNKNOWN;

  constructor() {
    this.#delay.enable();
  }

  get load(): ProcessLoad {
    return this.#load;
  }

  /** Looks at what has been since the last time; called every few seconds. */
  sample(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    const elapsedMs = Math.max(1, now - this.#at);
    this.#at = now;
    const late = (nanoseconds: number) =>
      Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 100) / 100);
    const { count } = this.#delay;
    this.#load = {
      cpuPercent: Math.round((user + system) / elapsedMs) / 10,
      loopDelayMs:
        count === 0
          ? UNKNOWN.loopDelayMs
          : {
              p50: late(this.#delay.percentile(50)),
              p99: late(this.#delay.percentile(99)),
              max: late(this.#delay.max),
            },
    };
    this.#delay.reset();
  }

  close(): void {
    this.#delay.disable();
  }
}
