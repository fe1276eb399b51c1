import {
  accessSync,
  closeSync,
  constants,
  fsync,
  mkdirSync,
  open,
  readdirSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../model/clock.ts';
import { ForeignFile, LogSegment, segmentName, segmentNumber } from './log-segment.ts';
import { type Change, decodeLine, encodeLine, type RecordName } from './record-line.ts';

/** Time after which a disk that took no records is tried again, in milliseconds. */
export const STORE_RETRY_MS = 5_000;

/** Helpings of carried records behind one commit. */
const MAX_CARRIES = 4;

/** Records of the oldest file that are written anew in one helping. */
const CARRIED_AT_ONCE = 256;

/** Length of a file where much waits, in bytes. */
const MAX_LOG_FILE_BYTES = 16_777_216;

/** Length of a file of the outbox, in bytes: another one of it is held ready, which a disk that fills up cannot take. */
export const LOG_FILE_BYTES = 1_048_576;

const openFile = promisify(open);
const syncFile = promisify(fsync);

/** A file that was found damaged, and where it is from now on, or will be when what can be read of it is elsewhere. */
export interface Damage {
  readonly file: string;
  readonly movedTo: string;
  /** For a sentence that begins with the file. */
  readonly why: string;
}

/** A log that was opened, and the records in it, by name, as JSON. */
interface OpenedLog {
  readonly log: RecordLog;
  readonly records: ReadonlyMap<RecordName, string>;
}

interface Place {
  readonly segment: LogSegment;
  readonly at: number;
  readonly length: number;
}

/**
 * Records in files to which changes are appended, the last one of a record being what counts. The files are of a fixed
 * length and written in turn; one is always ready beforehand, so that a full disk is not felt at once. When most of what
 * is written does not count any more, the oldest file's rest is appended anew, and the file begins again.
 */
export class RecordLog {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #tell: (damage: Damage) => void;
  /** The oldest first. */
  readonly #segments: LogSegment[] = [];
  readonly #places = new Map<RecordName, Place>();
  /** Bytes of the lines that count. */
  #liveBytes = 0;
  /** The one that is written; undefined before the first record, and when the last one has failed. */
  #active: LogSegment | undefined;
  #spare: LogSegment | undefined;
  #preparing: Promise<void> | undefined;
  /** When the next spare may be tried, on the clock's scale. */
  #prepareAt = Number.NEGATIVE_INFINITY;
  #lastNumber = 0;
  #torn = false;
  #closed = false;

  private constructor(directory: string, clock: Clock, tell: (damage: Damage) => void) {
    this.#directory = directory;
    this.#clock = clock;
    this.#tell = tell;
  }

  /**
   * Opens the log of a directory, which is made if it is not there. Throws the system's error if that cannot be done; tells
   * of what is damaged, and goes on with the rest.
   */
  static open(directory: string, clock: Clock, tell: (damage: Damage) => void): OpenedLog {
    const log = new RecordLog(directory, clock, tell);
    log.#takeDirectory();
    const records = new Map<RecordName, string>();
    for (const number of numbersIn(directory)) log.#take(number, records);
    if (log.#segments.at(-1)?.isEmpty) log.#spare = log.#segments.pop();
    log.#retireOldest();
    log.#prepare();
    return { log, records };
  }

  /** True if a failed write may have left lines that nobody knows of: what is removed has to be removed in writing. */
  get torn(): boolean {
    return this.#torn;
  }

  has(name: RecordName): boolean {
    return this.#places.has(name);
  }

  /** A record as JSON; undefined if there is none. One that cannot be read any more is told of and forgotten. */
  read(name: RecordName): string | undefined {
    const place = this.#places.get(name);
    if (!place) return undefined;
    const { segment, at, length } = place;
    const change = decodeLine(segment.read(at, length));
    if (change?.name === name) return change.json;
    this.#forget(name);
    this.#note(segment, `cannot be read at byte ${at}`);
    return undefined;
  }

  /** Appends changes, on the disk for good when it settles. Rejects with the system's error; they may be given again. */
  async append(changes: Iterable<Change>): Promise<void> {
    let piece: Line[] = [];
    let bytes = 0;
    for (const change of changes) {
      const text = encodeLine(change);
      const line = { change, text, length: Buffer.byteLength(text) };
      if (!this.#active || bytes + line.length > this.#active.room) {
        await this.#write(piece);
        await this.#begin(line.length);
        piece = [];
        bytes = 0;
      }
      piece.push(line);
      bytes += line.length;
    }
    await this.#write(piece);
  }

  /** Gives room back and makes some ready. Never rejects: what cannot be done now is done later. */
  async tidy(): Promise<void> {
    try {
      for (let round = 0; round < MAX_CARRIES && this.#isOvergrown(); round++) await this.#carry();
    } catch {
      // No room to make room: the next commit says so, if it needs some.
    }
    this.#retireOldest();
    this.#prepare();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#preparing;
    this.#spare?.close();
    for (const segment of this.#segments) segment.close();
  }

  /** Puts away what is there in place of the directory. */
  #takeDirectory(): void {
    const file = this.#directory;
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === false)
      this.#setAside(file, 'is not a directory');
    mkdirSync(file, { recursive: true, mode: 0o700 });
    accessSync(file, constants.R_OK | constants.W_OK | constants.X_OK);
  }

  #take(number: number, records: Map<RecordName, string>): void {
    const path = join(this.#directory, segmentName(number));
    this.#lastNumber = number;
    try {
      const { segment, text } = LogSegment.open(path);
      this.#segments.push(segment);
      for (const { change, at, length } of text.lines) {
        this.#place(change, { segment, at, length });
        if (change.json === undefined) records.delete(change.name);
        else records.set(change.name, change.json);
      }
      if (text.damage !== undefined) this.#note(segment, text.damage);
    } catch (error) {
      if (!(error instanceof ForeignFile)) throw error;
      this.#setAside(path, error.message);
    }
  }

  #setAside(file: string, why: string): void {
    const movedTo = asideOf(file);
    renameSync(file, movedTo);
    this.#tell({ file, movedTo, why });
  }

  /** A file is damaged, which is said once: it goes aside when what can be read of it is elsewhere. */
  #note(segment: LogSegment, why: string): void {
    if (!segment.damaged) this.#tell({ file: segment.path, movedTo: asideOf(segment.path), why });
    segment.damaged = true;
  }

  async #write(lines: readonly Line[]): Promise<void> {
    const segment = this.#active;
    if (!segment || lines.length === 0) return;
    let at: number;
    try {
      at = await segment.append(Buffer.from(lines.map(({ text }) => text).join('')));
    } catch (error) {
      // What the system has of it is not known, nor what it would say the next time: it is left alone.
      this.#torn = true;
      this.#active = undefined;
      throw error;
    }
    for (const { change, length } of lines) {
      this.#place(change, { segment, at, length });
      at += length;
    }
  }

  /** Goes on in another file, with room for so many bytes at least. */
  async #begin(length: number): Promise<void> {
    await this.#preparing;
    if (this.#spare && this.#spare.room < length) {
      this.#spare.retire(this.#spare.path);
      this.#spare = undefined;
    }
    const next = this.#spare ?? (await this.#create(Math.max(this.#segmentBytes, 2 * length)));
    this.#spare = undefined;
    this.#segments.push(next);
    this.#active = next;
  }

  async #create(size: number): Promise<LogSegment> {
    const segment = await LogSegment.create(this.#nextPath(), size);
    await this.#syncDirectory();
    return segment;
  }

  /** Has a file ready for when the active one is full: one of `old` if there is such, which keeps its room. */
  #prepare(old?: LogSegment): void {
    if (this.#spare || this.#preparing || this.#closed) return;
    if (!old && this.#clock.now() < this.#prepareAt) return;
    this.#preparing = this.#spareOf(old).then(
      (spare) => {
        this.#spare = spare;
        this.#preparing = undefined;
      },
      () => {
        this.#prepareAt = this.#clock.now() + STORE_RETRY_MS;
        this.#preparing = undefined;
      },
    );
  }

  async #spareOf(old: LogSegment | undefined): Promise<LogSegment> {
    if (!old) return this.#create(this.#segmentBytes);
    const spare = await LogSegment.reuse(old, this.#nextPath());
    await this.#syncDirectory();
    return spare;
  }

  /** More for more records, so that there are never many files. */
  get #segmentBytes(): number {
    let size = LOG_FILE_BYTES;
    while (size < MAX_LOG_FILE_BYTES && size * 16 < this.#liveBytes) size *= 2;
    return size;
  }

  #nextPath(): string {
    this.#lastNumber++;
    return join(this.#directory, segmentName(this.#lastNumber));
  }

  #isOvergrown(): boolean {
    const [oldest] = this.#segments;
    if (oldest === undefined || oldest === this.#active || oldest.live.size === 0) return false;
    const used = this.#segments.reduce((sum, segment) => sum + segment.used, 0);
    return used > 2 * this.#liveBytes + LOG_FILE_BYTES || this.#segments.some(({ damaged }) => damaged);
  }

  /** Appends some of the oldest file's records anew. */
  async #carry(): Promise<void> {
    const [oldest] = this.#segments;
    const changes: Change[] = [];
    for (const name of oldest?.live ?? []) {
      if (changes.length === CARRIED_AT_ONCE) break;
      changes.push({ name, json: this.read(name) });
    }
    await this.append(changes);
    this.#retireOldest();
  }

  #retireOldest(): void {
    for (let [oldest] = this.#segments; oldest && oldest !== this.#active; [oldest] = this.#segments) {
      // While one is being made it is not known whether that succeeds.
      if (oldest.live.size > 0 || this.#preparing) return;
      this.#segments.shift();
      const isReusable = !oldest.damaged && oldest.size === this.#segmentBytes;
      if (isReusable && !this.#spare) this.#prepare(oldest);
      else oldest.retire(asideOf(oldest.path));
    }
  }

  #place({ name, json }: Change, place: Place): void {
    this.#forget(name);
    if (json === undefined) return;
    this.#places.set(name, place);
    place.segment.live.add(name);
    this.#liveBytes += place.length;
  }

  #forget(name: RecordName): void {
    const place = this.#places.get(name);
    if (!place) return;
    this.#places.delete(name);
    place.segment.live.delete(name);
    this.#liveBytes -= place.length;
  }

  /** So that the names of files outlive a power cut. */
  async #syncDirectory(): Promise<void> {
    const fd = await openFile(this.#directory, 'r');
    try {
      await syncFile(fd);
    } finally {
      closeSync(fd);
    }
  }
}

interface Line {
  readonly change: Change;
  readonly text: string;
  readonly length: number;
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((file) => segmentNumber(file) ?? [])
    .sort((a, b) => a - b);
}

/** Another name of what is damaged, the same all through a run. */
function asideOf(path: string): string {
  return `${path}.damaged-${OPENED_AT}`;
}

const OPENED_AT = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
