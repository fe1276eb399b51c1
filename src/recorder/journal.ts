import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { EventFacts, RecordedFile, RecordingEnd, ServerIds, Stamp } from '../model/events.ts';
import type { RecordingContainer } from '../model/path-template.ts';
import type { FlvLayout } from './flv-head.ts';

/** A file that is being recorded: all that is needed to finish it and to tell of it. */
export interface JournalEntry {
  /** A UUID. */
  readonly id: string;
  /** Names the process that records, in all its runs; no slash and no dot. */
  readonly owner: string;
  readonly container: RecordingContainer;
  readonly cwd: string;
  /** Name of the complete file, relative to `cwd` or absolute. */
  readonly file: string;
  /** Layout of the head of an FLV file. */
  readonly layout?: FlvLayout | undefined;
  /** Facts of the publisher, for events. */
  readonly facts: EventFacts;
  readonly server: ServerIds;
}

/** The last word on a file: what its event says is fixed before it is told. */
export interface Conclusion extends Pick<RecordedFile, 'durationMs' | 'bytes' | 'reason'> {
  readonly stamp: Stamp;
}

const text = z.string();
const count = z.number().int().nonnegative();
const facts = z.looseObject({
  client: z.looseObject({ number: count, id: text, ip: text }),
  vhost: text,
  app: text,
  stream: text,
  param: text,
  tcUrl: text,
  pageUrl: text,
});
const common = { id: text, owner: text, cwd: text, file: text, facts, server: z.looseObject({}) };
const ENTRY = z.discriminatedUnion('container', [
  z.looseObject({
    ...common,
    container: z.literal('flv'),
    layout: z.looseObject({ values: count, tags: count, keyframes: count }),
  }),
  z.looseObject({ ...common, container: z.literal('mp4') }),
]);
const CONCLUSION = z.looseObject({
  durationMs: z.number(),
  bytes: count,
  reason: text,
  stamp: z.looseObject({ id: text, at: z.number(), seq: z.number() }),
});

/** Reads what was written of an entry, on a disk that may have lost some of it; undefined if it makes no sense. */
export function readEntry(line: string): JournalEntry | undefined {
  const { data } = ENTRY.safeParse(parse(line));
  return data as JournalEntry | undefined;
}

/** The same of its last word; undefined too if there is none yet. */
export function readConclusion(line: string): Conclusion | undefined {
  const { data } = CONCLUSION.safeParse(parse(line));
  return data && { ...data, reason: data.reason as RecordingEnd };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** An entry that was found, and how far its file had come. */
export interface FoundEntry {
  readonly entry: JournalEntry;
  /** True if nothing was written to its file, which may not even be there. */
  readonly planned: boolean;
  readonly conclusion: Conclusion | undefined;
}

/** Room for a conclusion is taken at the beginning: a full disk must not take the last word. */
const CONCLUSION_BYTES = 512;

const DIRECTORY = 'dvr';
const ENDING = '.json';
/** Extension of an entry that was not written to its end. */
const UNFINISHED = '.json.tmp';
/** Extension of an entry that makes no sense. */
const DAMAGED = '.damaged';
const PLANNED = JSON.stringify({ planned: true });

/** True if recordings are on record in a state directory. */
export function recordingsLeft(stateDir: string): boolean {
  const directory = join(stateDir, DIRECTORY);
  return existsSync(directory) && readdirSync(directory).some(isLeft);
}

/**
 * Which files are open, each by a file of its own in `state_dir/dvr`. An entry is there from before the file's beginning
 * until its event is on record elsewhere; what a process leaves there has to be finished by another.
 */
export class Journal {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, DIRECTORY);
  }

  /** Puts a file on record that is going to be made; all of the entry or nothing. */
  async plan(entry: JournalEntry): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(entry);
    const unfinished = `${path}.tmp`;
    try {
      const text = `${JSON.stringify(entry)}\n${PLANNED.padEnd(CONCLUSION_BYTES)}`;
      await writeFile(unfinished, text, { mode: 0o600 });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** The file of an entry is there and is its own: from now on it may be written to. */
  async markBegun(entry: JournalEntry): Promise<void> {
    await this.#note(entry, '', false);
  }

  /** Writes the last word down, on the disk for good when it settles. */
  async finalize(entry: JournalEntry, conclusion: Conclusion): Promise<void> {
    await this.#note(entry, JSON.stringify(conclusion), true);
  }

  /** Removes the entry of a file that is done. */
  async remove(entry: JournalEntry): Promise<void> {
    await rm(this.#pathOf(entry), { force: true });
  }

  /** The names of the entries that other processes have left: those whose owner fits. */
  async left(fits: (owner: string) => boolean): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => isLeft(name) && fits(name.slice(0, name.indexOf('.'))));
  }

  /** Name of an entry. */
  nameOf({ owner, id }: JournalEntry): string {
    return `${owner}.${id}${ENDING}`;
  }

  /** Reads an entry; undefined if it makes no sense. */
  async read(name: string): Promise<FoundEntry | undefined> {
    const [opening = '', rest = ''] = (await readFile(join(this.#directory, name), 'utf8')).split('\n');
    const entry = readEntry(opening);
    if (!entry || this.nameOf(entry) !== name) return undefined;
    return { entry, planned: rest.trimEnd() === PLANNED, conclusion: readConclusion(rest) };
  }

  /** True if another entry, of whichever process, is about the same file. */
  async isShared({ id, cwd, file }: JournalEntry): Promise<boolean> {
    for (const name of await this.left(() => true)) {
      const other = await this.read(name).catch(() => undefined);
      if (other && other.entry.id !== id && resolve(other.entry.cwd, other.entry.file) === resolve(cwd, file))
        return true;
    }
    return false;
  }

  /** Forgets an entry that was not written to its end, which is about nothing yet; false for any other. */
  async forgetUnfinished(name: string): Promise<boolean> {
    if (!name.endsWith(UNFINISHED)) return false;
    await rm(join(this.#directory, name), { force: true });
    return true;
  }

  /** Moves an entry away that nobody can do anything about; returns where it is from now on. */
  async setAside(name: string): Promise<string> {
    const path = join(this.#directory, name);
    await rename(path, path + DAMAGED);
    return path + DAMAGED;
  }

  async #note(entry: JournalEntry, text: string, forGood: boolean): Promise<void> {
    const file = await open(this.#pathOf(entry), 'r+');
    try {
      const bytes = Buffer.from(text.padEnd(CONCLUSION_BYTES));
      await file.write(bytes, 0, bytes.length, Buffer.byteLength(JSON.stringify(entry)) + 1);
      if (forGood) await file.datasync();
    } finally {
      await file.close();
    }
  }

  #pathOf(entry: JournalEntry): string {
    return join(this.#directory, this.nameOf(entry));
  }
}

function isLeft(name: string): boolean {
  return name.endsWith(ENDING) || name.endsWith(UNFINISHED);
}
