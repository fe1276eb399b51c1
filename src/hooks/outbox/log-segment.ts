import {
  closeSync,
  fdatasync,
  fsync,
  ftruncateSync,
  open,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  write,
} from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { type Change, decodeLine, type RecordName } from './record-line.ts';

const openFile = promisify(open);
const writeFile = promisify(write);
const syncFile = promisify(fsync);
const syncData = promisify(fdatasync);

/** Begins each file, before its length in bytes. */
const MAGIC = 'gatecast outbox 1';
const NAME = /^(\d{8})\.log$/;

/** A line as it was found in a file. */
interface FoundLine {
  readonly change: Change;
  /** Where it is, in bytes. */
  readonly at: number;
  readonly length: number;
}

/** Why a file is no segment, for a sentence that begins with the file. */
export class ForeignFile extends Error {}

/** What a file says, as far as it can be read. */
export interface SegmentText {
  readonly lines: readonly FoundLine[];
  /** How it is damaged, for a sentence that begins with the file; undefined if it is not. */
  readonly damage: string | undefined;
}

/** The number of a segment's file; undefined for another file. */
export function segmentNumber(file: string): number | undefined {
  const digits = NAME.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The file name of a segment. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.log`;
}

/**
 * One file of a log. All its bytes are on the disk before the first record is, so that writing one needs no more room.
 * What follows the last record is zeros.
 */
export class LogSegment {
  readonly path: string;
  readonly number: number;
  /** Its length in bytes. */
  readonly size: number;
  /** The records whose last change is in here. */
  readonly live: Set<RecordName> = new Set();
  /** True if it is to be kept aside rather than removed. */
  damaged = false;
  readonly #fd: number;
  #used: number;

  private constructor(path: string, fd: number, size: number, used: number) {
    this.path = path;
    this.number = segmentNumber(basename(path)) ?? 0;
    this.size = size;
    this.#fd = fd;
    this.#used = used;
  }

  /** Makes a file of `size` bytes, on the disk for good when it settles. Rejects if there is no room, and leaves nothing. */
  static async create(path: string, size: number): Promise<LogSegment> {
    const fd = await openFile(path, 'w+', 0o600);
    try {
      return new LogSegment(path, fd, size, await clear(fd, size));
    } catch (error) {
      // Gives back what it has taken, also if it cannot be removed.
      ftruncateSync(fd);
      closeSync(fd);
      rmSync(path, { force: true });
      throw error;
    }
  }

  /** Makes the file of `old`, which nobody needs any more, one that has no record, under another name. */
  static async reuse(old: LogSegment, path: string): Promise<LogSegment> {
    try {
      const used = await clear(old.#fd, old.size);
      renameSync(old.path, path);
      return new LogSegment(path, old.#fd, old.size, used);
    } catch (error) {
      old.close();
      throw error;
    }
  }

  /** Opens a file that is there. Throws the system's error, or a ForeignFile if it is none of ours. */
  static open(path: string): { readonly segment: LogSegment; readonly text: SegmentText } {
    const fd = openSync(path, 'r+');
    try {
      const bytes = readFileSync(fd);
      const head = /^gatecast outbox 1 (\d+)\n/.exec(bytes.toString('latin1', 0, 64));
      if (!head) throw new ForeignFile(`does not begin with "${MAGIC}"`);
      const size = Number(head[1]);
      const { end, ...text } = readLines(bytes, head[0].length, size);
      return { segment: new LogSegment(path, fd, size, end), text };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Bytes that are in use. */
  get used(): number {
    return this.#used;
  }

  /** True if there has been nothing in it yet. */
  get isEmpty(): boolean {
    return this.#used === headOf(this.size).length && !this.damaged;
  }

  /** Bytes that there is room for. */
  get room(): number {
    return this.size - this.#used;
  }

  /** Writes behind the last record, on the disk for good when it settles; says where. Rejects with the system's error. */
  async append(bytes: Buffer): Promise<number> {
    const at = this.#used;
    await writeAll(this.#fd, bytes, at);
    await syncData(this.#fd);
    this.#used = at + bytes.length;
    return at;
  }

  /** The line at this place; empty if it cannot be read. */
  read(at: number, length: number): string {
    const bytes = Buffer.allocUnsafe(length);
    try {
      const read = readSync(this.#fd, bytes, 0, length, at);
      return bytes.toString('utf8', 0, read - 1);
    } catch {
      return '';
    }
  }

  /** Closes the file and removes it; one that is damaged is renamed to `aside` instead. */
  retire(aside: string): void {
    this.close();
    if (this.damaged) renameSync(this.path, aside);
    else rmSync(this.path, { force: true });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function readLines(bytes: Buffer, start: number, size: number): SegmentText & { readonly end: number } {
  let end = bytes.length;
  while (end > start && bytes[end - 1] === 0) end--;
  const lines: FoundLine[] = [];
  let unreadable = 0;
  let at = start;
  for (let feed = bytes.indexOf(10, at); feed >= 0 && feed < end; feed = bytes.indexOf(10, at)) {
    const change = decodeLine(bytes.toString('utf8', at, feed));
    if (change) lines.push({ change, at, length: feed + 1 - at });
    else unreadable++;
    at = feed + 1;
  }
  // What has no end was being written when the process ended: nobody was told that it is kept.
  const cut = bytes.length === size ? undefined : `has ${bytes.length} bytes instead of ${size}`;
  const spoilt = unreadable > 0 ? `has ${unreadable} lines that cannot be read` : undefined;
  return { lines, end, damage: [cut, spoilt].filter((what) => what !== undefined).join(', ') || undefined };
}

function headOf(size: number): Buffer {
  return Buffer.from(`${MAGIC} ${size}\n`);
}

/** Leaves nothing in a file but its head, on the disk for good when it settles; says how long that is. */
async function clear(fd: number, size: number): Promise<number> {
  const head = headOf(size);
  await writeAll(fd, Buffer.concat([head, Buffer.alloc(size - head.length)]), 0);
  await syncFile(fd);
  return head.length;
}

async function writeAll(fd: number, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeFile(fd, bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
