import { readFileSync } from 'node:fs';
import type { Clock } from '../../model/clock.ts';

/** For how long the machine has been up: `ms` counts from the beginning of the boot that `boot` names. */
export interface Uptime {
  readonly boot: string;
  readonly ms: number;
}

/** A moment of an outbox's time, as it is kept over restarts. */
export interface Moment {
  /** Milliseconds on the outbox's own scale. */
  readonly ms: number;
  readonly uptime?: Uptime | undefined;
}

/**
 * An outbox's own time: it begins with the first outbox of a directory, goes on over restarts, and no change of the
 * system's clock moves it. The time between two runs counts as far as it is known, which is while the machine is up; what
 * is not known does not make anything old.
 */
export class SteadyTime {
  readonly #clock: Clock;
  readonly #uptime: () => Uptime | undefined;
  #offset = 0;

  constructor(clock: Clock, uptime: () => Uptime | undefined = readUptime) {
    this.#clock = clock;
    this.#uptime = uptime;
    this.#offset = -clock.now();
  }

  /** Milliseconds. */
  now(): number {
    return this.#clock.now() + this.#offset;
  }

  /** This moment, to go on from in a later run. */
  moment(): Moment {
    return { ms: this.now(), uptime: this.#uptime() };
  }

  /** Goes on from the last known moment of an earlier run. */
  resume({ ms, uptime }: Moment): void {
    const now = this.#uptime();
    const between = uptime !== undefined && uptime.boot === now?.boot ? Math.max(0, now.ms - uptime.ms) : 0;
    this.#offset = ms + between - this.#clock.now();
  }
}

/** Undefined where the system does not name its boots. */
function readUptime(): Uptime | undefined {
  const boot = readBoot();
  return boot === '' ? undefined : { boot, ms: Number(process.hrtime.bigint() / 1_000_000n) };
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
