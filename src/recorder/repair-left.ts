import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock, Timer } from '../model/clock.ts';
import type { RecordingEnd } from '../model/events.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import { type FinalizeDeps, finalize, publishFile, retryPauseMs, unfinished } from './finalize.ts';
import type { FoundEntry, JournalEntry } from './journal.ts';
import { repairFile } from './repair-file.ts';

/**
 * Finishes the recordings that processes left which are no more, one by one, and tells of each. `fits` says which of the
 * journal's owners those are. Never rejects: what the disk does not let be done stays for the next start, and an entry
 * that makes no sense is moved aside.
 */
export async function repairLeft(fits: (owner: string) => boolean, deps: FinalizeDeps): Promise<void> {
  const { journal, logger } = deps;
  for (const name of await journal.left(fits)) {
    try {
      if (!(await journal.forgetUnfinished(name))) await finishEntry(name, 'server_restart', deps);
    } catch (error) {
      const why = (error as Error).message;
      logger.error({ entry: name, why }, 'recording not finalized, next start retries');
    }
  }
}

/**
 * Finishes the recording of one entry of the journal, which nobody writes any more, and tells of it. Rejects with what the
 * disk says.
 */
export async function finishEntry(name: string, reason: RecordingEnd, deps: FinalizeDeps): Promise<void> {
  const { journal } = deps;
  const found = await journal.read(name);
  if (!found) return setAside(name, 'it is damaged', deps);
  const { entry, planned, conclusion } = found;
  if (conclusion) return publishFile(entry, conclusion, deps);
  if (planned) return forgetPlan(entry, deps);
  try {
    await finish(found, reason, deps);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    await setAside(name, error.message, deps);
  }
}

async function finish({ entry }: FoundEntry, reason: RecordingEnd, deps: FinalizeDeps): Promise<void> {
  const { cwd, file, facts: publisher } = entry;
  const path = resolve(cwd, unfinished(file));
  const handle = await openOrMissing(path);
  const facts = handle && (await closing(handle, () => repairFile(handle, entry)).catch(unreadable(path)));
  if (facts) return finalize(entry, { ...facts, reason }, deps);
  await rm(path, { force: true });
  const why = handle ? 'nothing that plays is in it' : 'the file is gone';
  deps.logger.warn({ stream: formatStreamKey(publisher), file, why }, 'recording lost');
  await deps.journal.remove(entry);
}

/** A file that was going to be made is empty if it is there; one that is not is somebody else's. */
async function forgetPlan(entry: JournalEntry, { journal }: FinalizeDeps): Promise<void> {
  const path = resolve(entry.cwd, unfinished(entry.file));
  const isEmpty = await stat(path).then(
    ({ size }) => size === 0,
    () => false,
  );
  if (isEmpty && !(await journal.isShared(entry))) await rm(path, { force: true });
  await journal.remove(entry);
}

/** A file of which nothing can be made, however often it is tried. */
class Unreadable extends Error {}

/** Rethrows errors of the disk, which have a code and may be gone another time; wraps all others. */
function unreadable(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== undefined) throw error;
    throw new Unreadable(`${path} cannot be read: ${error.message}`, { cause: error });
  };
}

async function setAside(name: string, why: string, { journal, logger }: FinalizeDeps): Promise<void> {
  const movedTo = await journal.setAside(name);
  logger.error({ entry: name, movedTo, why }, 'recording journal entry moved aside');
}

async function openOrMissing(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Result of work on a file, once that is on the disk and the file is closed. */
async function closing<T>(handle: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await handle.datasync();
    return result;
  } finally {
    await handle.close();
  }
}

/**
 * Recordings that have ended and could not be finished, since the disk or the process had too little of something. They
 * are tried again, less and less often, and once more when the server stops.
 */
export class UnfinishedFiles {
  readonly #clock: Clock;
  readonly #finish: (entry: string, reason: RecordingEnd) => Promise<void>;
  /** Why they ended, by the names of their entries in the journal. */
  readonly #left = new Map<string, RecordingEnd>();
  #attempts = 0;
  #timer: Timer | undefined;
  #closed = false;

  /** `finish` finishes the recording of an entry, and rejects if it cannot. */
  constructor(clock: Clock, finish: (entry: string, reason: RecordingEnd) => Promise<void>) {
    this.#clock = clock;
    this.#finish = finish;
  }

  /** Tries this one too. */
  add(entry: string, reason: RecordingEnd): void {
    this.#left.set(entry, reason);
    this.#schedule();
  }

  /** Tries all of them now and no more later; never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    await this.#tryAll();
  }

  #schedule(): void {
    if (this.#closed || this.#timer || this.#left.size === 0) return;
    this.#attempts++;
    this.#timer = this.#clock.after(retryPauseMs(this.#attempts), () => {
      void this.#tryAll().then(() => {
        this.#timer = undefined;
        if (this.#left.size === 0) this.#attempts = 0;
        this.#schedule();
      });
    });
  }

  async #tryAll(): Promise<void> {
    for (const [entry, reason] of [...this.#left]) {
      const isDone = await this.#finish(entry, reason).then(
        () => true,
        // Somebody has taken the entry away.
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      );
      if (isDone) this.#left.delete(entry);
    }
  }
}
