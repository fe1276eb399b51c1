import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventFacts, RecordedFile, ServerIds, Stamp } from '../model/lifecycle.ts';
import type { RecordingContainer } from '../model/recording-path.ts';
import type { FlvLayout } from './flv-head.ts';

/** A file that is being recorded: all that is needed to finish it and to tell of it. */
export interface JournalEntry {
  /** A UUID. */
  readonly id: string;
  /** Names the process that records, in all its runs; no slash and no dot. */
  readonly owner: string;
  readonly container: RecordingContainer;
  readonly cwd: string;
  /** Its name when it is complete, relative to `cwd` or absolute. */
  readonly file: string;
  /** Of an FLV file. */
  readonly layout?: FlvLayout | undefined;
  /** What events say of the publisher. */
  readonly facts: EventFacts;
  readonly server: ServerIds;
}

/** The last word on a file: what its event says is fixed before it is told. */
export interface Conclusion extends Pick<RecordedFile, 'durationMs' | 'bytes' | 'reason'> {
  readonly stamp: Stamp;
}

/** An entry that was found, and its conclusion if it had come to that. */
export interface FoundEntry {
  readonly entry: JournalEntry;
  readonly conclusion: Conclusion | undefined;
}

/** Room for a conclusion is taken at the beginning: a full disk must not take the last word. */
const CONCLUSION_BYTES = 512;

const DIRECTORY = 'dvr';
const ENDING = '.json';

/** True if recordings are on record in a state directory. */
export function recordingsLeft(stateDir: string): boolean {
  const directory = join(stateDir, DIRECTORY);
  return existsSync(directory) && readdirSync(directory).some((name) => name.endsWith(ENDING));
}

/**
 * Which files are open, each by a file of its own in `state_dir/dvr`. An entry is there from the file's beginning until
 * its event is on record elsewhere; what a process leaves there has to be finished by another.
 */
export class Journal {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, DIRECTORY);
  }

  /** Puts a file on record. */
  async open(entry: JournalEntry): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify(entry)}\n${' '.repeat(CONCLUSION_BYTES)}`;
    await writeFile(this.#pathOf(entry), text, { mode: 0o600 });
  }

  /** Writes the last word down, on the disk for good when it settles. */
  async conclude(entry: JournalEntry, conclusion: Conclusion): Promise<void> {
    const file = await open(this.#pathOf(entry), 'r+');
    try {
      const bytes = Buffer.from(JSON.stringify(conclusion).padEnd(CONCLUSION_BYTES));
      await file.write(bytes, 0, bytes.length, Buffer.byteLength(JSON.stringify(entry)) + 1);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** There is no more to be done for a file. */
  async remove(entry: JournalEntry): Promise<void> {
    await rm(this.#pathOf(entry), { force: true });
  }

  /** The names of the entries that other processes have left: those whose owner fits. */
  async left(fits: (owner: string) => boolean): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => name.endsWith(ENDING) && fits(name.slice(0, name.indexOf('.'))));
  }

  /** Reads an entry; undefined if it was never written to its end. */
  async read(name: string): Promise<FoundEntry | undefined> {
    const [opening = '', rest = ''] = (await readFile(join(this.#directory, name), 'utf8')).split('\n');
    const entry = parse(opening) as JournalEntry | undefined;
    return entry && { entry, conclusion: parse(rest) as Conclusion | undefined };
  }

  /** Forgets an entry that cannot be read. */
  async forget(name: string): Promise<void> {
    await rm(join(this.#directory, name), { force: true });
  }

  #pathOf({ owner, id }: JournalEntry): string {
    return join(this.#directory, `${owner}.${id}${ENDING}`);
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
