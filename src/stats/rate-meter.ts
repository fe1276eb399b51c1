import type { Rates } from '../model/stats.ts';

/** How often everybody's bytes are looked at, in milliseconds, and for how many of those looks they are remembered. */
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
    // What somebody is given at once when he comes is no rate.
    const ms = Math.max(1_000, now - oldest.at);
    const kbps = (bytes: number) => Math.round((bytes * 8) / ms);
    return {
      recvKbps: kbps(recvBytes - oldest.recvBytes),
      sendKbps: kbps(sendBytes - oldest.sendBytes),
    };
  }
}
