import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Rates } from '../model/stats.ts';

/** Timer that measures the loop's delay, in milliseconds; it is taken off what is measured. */
const RESOLUTION_MS = 10;

/** Load of a process between the last two samples. */
export interface ProcessLoad {
  /** CPU time, in percent of one core. */
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

/** Interval at which byte counts are sampled, in milliseconds, and the number of samples that are kept. */
export const SAMPLE_MS = 5_000;
const SAMPLES = 6;

interface Look {
  readonly at: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
}

/** Whose bytes are counted. */
export interface Counted {
  readonly name: string;
  /** Time since it connected, in milliseconds. */
  readonly ageMs: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
}

/** Bits per millisecond over the last 30 seconds, of things that come and go. */
export class RateMeter {
  #looks = new Map<string, readonly Look[]>();

  /** Remembers how many bytes each has had by now; forgets those that are not there any more. */
  sample(now: number, all: Iterable<Counted>): void {
    const looks = new Map<string, readonly Look[]>();
    for (const { name, ageMs, recvBytes, sendBytes } of all) {
      const before = this.#looks.get(name) ?? [{ at: now - ageMs, recvBytes: 0, sendBytes: 0 }];
      looks.set(name, [...before.slice(-SAMPLES), { at: now, recvBytes, sendBytes }]);
    }
    this.#looks = looks;
  }

  /** The rates of one that has had so many bytes by now. */
  rates(now: number, { name, ageMs, recvBytes, sendBytes }: Counted): Rates {
    const [oldest = { at: now - ageMs, recvBytes: 0, sendBytes: 0 }] = this.#looks.get(name) ?? [];
    // Bytes that a client is given at once when it comes are no rate.
    const ms = Math.max(1_000, now - oldest.at);
    const kbps = (bytes: number) => Math.round((bytes * 8) / ms);
    return {
      recvKbps: kbps(recvBytes - oldest.recvBytes),
      sendKbps: kbps(sendBytes - oldest.sendBytes),
    };
  }
}
