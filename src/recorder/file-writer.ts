import type { FileHandle } from 'node:fs/promises';
import type { Clock, Timer } from '../model/clock.ts';
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
function diskFailure(error: unknown): DiskFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { reason: FULL.has(code) ? 'disk_full' : 'disk_error', why: message };
}

/** Bytes of one file that wait for the disk; over it the file ends. */
const MAX_UNWRITTEN_BYTES: number = 32 * 1024 * 1024;

/** Small pieces are gathered into buffers of this size. */
const CHUNK_BYTES = 65_536;
/** Bytes that wait before they are written … */
const WRITE_BYTES = 262_144;
/** … or after this time, in milliseconds: what a crash may lose. */
const WRITE_MS = 500;

interface Chunk {
  readonly bytes: Buffer;
  used: number;
}

/**
 * Appends to a file without keeping anybody waiting: what is appended is gathered, and written in order in the background.
 * The first thing that goes wrong ends it, and nothing behind it is written.
 */
export class FileWriter {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #opening: Promise<FileHandle>;
  readonly #onFailure: (failure: DiskFailure) => void;
  #chunks: Chunk[] = [];
  #waiting = 0;
  /** Offsets of the next write and of the next append. */
  #written = 0;
  #appended = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #closing = false;
  #failure: DiskFailure | undefined;

  /** `opening` brings the file, empty; should it fail, so does the writer. */
  constructor(
    opening: Promise<FileHandle>,
    { disk, clock }: { readonly disk: Disk; readonly clock: Clock },
    onFailure: (failure: DiskFailure) => void,
  ) {
    this.#opening = opening;
    this.#disk = disk;
    this.#clock = clock;
    this.#onFailure = onFailure;
    opening.catch((error: unknown) => this.#fail(diskFailure(error)));
  }

  /** Length of the file when all that was appended is in it. */
  get length(): number {
    return this.#appended;
  }

  /** Failure that ended the writing. */
  get failure(): DiskFailure | undefined {
    return this.#failure;
  }

  /** Appends `length` bytes, which `fill` puts into a buffer at an offset, before it returns. */
  append(length: number, fill: (target: Buffer, offset: number) => void): void {
    if (this.#failure || this.#closing) return;
    if (this.#waiting > MAX_UNWRITTEN_BYTES || !this.#disk.hold(length)) {
      const why = `${this.#waiting} bytes wait for the disk already, which does not keep up`;
      this.#fail({ reason: 'disk_slow', why });
      return;
    }
    const chunk = this.#room(length);
    fill(chunk.bytes, chunk.used);
    chunk.used += length;
    this.#waiting += length;
    this.#appended += length;
    this.#schedule();
  }

  /** Takes no more, and settles when nothing waits: all is written, or something went wrong. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#timer?.clear();
    await this.#writing;
    await this.#write(0);
  }

  #room(length: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last && last.used + length <= last.bytes.length) return last;
    const chunk = { bytes: Buffer.allocUnsafe(Math.max(length, CHUNK_BYTES)), used: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  #schedule(): void {
    if (this.#writing) return;
    if (this.#waiting >= WRITE_BYTES) this.#beginWrite();
    else this.#timer ??= this.#clock.after(WRITE_MS, () => this.#beginWrite());
  }

  #beginWrite(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#writing) return;
    this.#writing = this.#write(WRITE_BYTES).then(() => {
      this.#writing = undefined;
      if (this.#waiting > 0 && !this.#closing) this.#schedule();
    });
  }

  /** Writes what waits, then again while more than `least` has come meanwhile. */
  async #write(least: number): Promise<void> {
    try {
      const file = await this.#opening;
      do {
        const chunks = this.#chunks;
        this.#chunks = [];
        const parts = chunks.map(({ bytes, used }) => bytes.subarray(0, used));
        const size = parts.reduce((sum, { length }) => sum + length, 0);
        if (size === 0 || this.#failure) break;
        await this.#disk.run(() => writeAll(file, parts, this.#written));
        this.#written += size;
        this.#waiting -= size;
        this.#disk.release(size);
      } while (this.#waiting > least);
    } catch (error) {
      this.#fail(diskFailure(error));
    }
  }

  #fail(failure: DiskFailure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#timer?.clear();
    this.#disk.release(this.#waiting);
    this.#waiting = 0;
    this.#chunks = [];
    this.#onFailure(failure);
  }
}

/** Writes buffers at a position, also where the system takes only some of them at a time. */
async function writeAll(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest as Buffer[], at);
    if (bytesWritten === 0) throw new Error('the file system takes no bytes and does not say why');
    at += bytesWritten;
    rest = without(rest, bytesWritten);
  }
}

function without(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  return buffers.flatMap((buffer) => {
    const skipped = Math.min(skip, buffer.length);
    skip -= skipped;
    return skipped === buffer.length ? [] : [buffer.subarray(skipped)];
  });
}
