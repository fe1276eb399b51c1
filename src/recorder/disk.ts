import type { RecordingEnd } from '../model/events.ts';

/** Disk operations under way at once. Node has four threads for them, which name lookups and the outbox need too. */
const MAX_DISK_OPERATIONS = 2;

/** Bytes of all files of the process that wait for the disk. */
const MAX_UNWRITTEN_BYTES_IN_ALL: number = 256 * 1024 * 1024;

/** The process's use of disks for recordings: a few operations at a time, and a bound on what waits for them. */
export class Disk {
  readonly #turns: (() => void)[] = [];
  #running = 0;
  #held = 0;

  /** Does `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_DISK_OPERATIONS) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#turns.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Takes room for bytes that are going to wait; false if there is none. */
  hold(bytes: number): boolean {
    if (this.#held > MAX_UNWRITTEN_BYTES_IN_ALL) return false;
    this.#held += bytes;
    return true;
  }

  /** Gives room back. */
  release(bytes: number): void {
    this.#held -= bytes;
  }
}

/** Why the disk takes no more of a file. */
export interface DiskFailure {
  readonly reason: Extract<RecordingEnd, 'disk_full' | 'disk_error' | 'disk_slow'>;
  /** For the log. */
  readonly why: string;
}

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Failure that an error of the file system means. */
export function diskFailure(error: unknown): DiskFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { reason: FULL.has(code) ? 'disk_full' : 'disk_error', why: message };
}
