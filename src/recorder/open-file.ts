import { randomUUID } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { EventFacts, RecordingEnd, ServerIds } from '../model/events.ts';
import type { RecordingContainer } from '../model/path-template.ts';
import { type MediaNames, markPrivate } from '../model/private-files.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import { type Disk, type DiskFailure, FileWriter } from './file-writer.ts';
import {
  exists,
  type FileFacts,
  type FinalizeDeps,
  finalize,
  MAX_SAME_NAMES,
  namesOf,
  openNew,
  unfinished,
} from './finalize.ts';
import type { FlvLayout } from './flv-head.ts';
import type { JournalEntry } from './journal.ts';
import { repairFile } from './repair-file.ts';
import type { UnfinishedFiles } from './repair-left.ts';

/** Dependencies that the recordings of one process share. */
export interface RecordingDeps extends FinalizeDeps {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly server: ServerIds;
  /** Takes what cannot be finished yet. */
  readonly unfinished: Pick<UnfinishedFiles, 'add'>;
  /** Names this process in the journal. */
  readonly owner: string;
  /** Unix time in milliseconds. */
  now(): number;
  /** Working directory, which relative paths are relative to. */
  readonly cwd: string;
}

/** Plan of a file. */
export interface FilePlan {
  readonly file: string;
  /** Names of files of which it is one. */
  readonly names: MediaNames;
  readonly container: RecordingContainer;
  readonly layout?: FlvLayout | undefined;
  readonly facts: EventFacts;
}

interface Opened {
  readonly handle: FileHandle;
  readonly entry: JournalEntry;
}

/**
 * A file from its beginning to the telling of it. Opening, writing and closing happen in the background; until the file is
 * open, what is appended waits.
 */
export class OpenFile {
  readonly #plan: FilePlan;
  readonly #deps: RecordingDeps;
  readonly #opened: Promise<Opened>;
  readonly #writer: FileWriter;
  /** Settles when the file has its name, or cannot have one. */
  readonly named: Promise<unknown>;

  /**
   * The file gets its name when `after` has settled, so that files of one name are numbered in their order. `onFailure`
   * hears that it takes no more; it still has to be closed.
   */
  constructor(
    plan: FilePlan,
    deps: RecordingDeps,
    after: Promise<unknown>,
    onFailure: (failure: DiskFailure) => void,
  ) {
    this.#plan = plan;
    this.#deps = deps;
    this.#opened = after.then(() => deps.disk.run(() => this.#open()));
    this.named = this.#opened.catch(() => undefined);
    const handle = this.#opened.then((opened) => opened.handle);
    this.#writer = new FileWriter(handle, deps, onFailure);
  }

  /** Offset of the next append. */
  get length(): number {
    return this.#writer.length;
  }

  /** Appends `length` bytes, which `fill` puts into a buffer at an offset, before it returns. */
  append(length: number, fill: (target: Buffer, offset: number) => void): void {
    this.#writer.append(length, fill);
  }

  /**
   * Ends the file: `complete` makes it whole when all is written. A file that could not be written to its end is cut to
   * what of it is whole. Settles when it has been told of, or cannot be; never rejects.
   */
  async close(reason: RecordingEnd, complete: (file: FileHandle) => Promise<FileFacts>): Promise<void> {
    const opened = await this.#opened.catch(() => undefined);
    if (!opened) return;
    const { handle, entry } = opened;
    await this.#writer.close();
    const end = this.#writer.failure?.reason ?? reason;
    try {
      const facts = this.#writer.failure ? await repairFile(handle, entry) : await complete(handle);
      await handle.datasync();
      await handle.close();
      if (facts) await finalize(entry, { ...facts, reason: end }, this.#deps);
      else await this.#discard(entry);
    } catch (error) {
      await handle.close().catch(() => undefined);
      const { file, facts } = entry;
      const fields = { stream: formatStreamKey(facts), file, why: (error as Error).message };
      this.#deps.logger.error(fields, 'recording not finalized, will retry');
      this.#deps.unfinished.add(this.#deps.journal.nameOf(entry), end);
    }
  }

  /** The journal knows of each file that is there, whatever is interrupted: it is on record before it is made. */
  async #open(): Promise<Opened> {
    const { owner, cwd, server, journal, logger } = this.#deps;
    const { file, names, container, layout, facts } = this.#plan;
    await markPrivate(names, resolve(cwd, file));
    for (const name of namesOf(file)) {
      const path = resolve(cwd, name);
      if ((await exists(path)) || (await exists(unfinished(path)))) continue;
      const entry: JournalEntry = {
        id: randomUUID(),
        ...{ owner, container, cwd, file: name, layout, facts, server },
      };
      const handle = await this.#claim(entry);
      if (!handle) continue;
      logger.info({ stream: formatStreamKey(facts), file: name }, 'recording started');
      await journal.markBegun(entry);
      return { handle, entry };
    }
    throw new Error(`there are ${MAX_SAME_NAMES} files named ${file}: put [timestamp] into dvr_path`);
  }

  /** Makes the file of an entry; undefined, and nothing on record, if its name is taken. */
  async #claim(entry: JournalEntry): Promise<FileHandle | undefined> {
    const { journal } = this.#deps;
    const path = resolve(entry.cwd, entry.file);
    await journal.plan(entry);
    let handle: FileHandle | undefined;
    try {
      handle = await openNew(unfinished(path));
      // Another one may have got its name since somebody looked.
      const isOurs = handle !== undefined && !(await exists(path));
      if (isOurs) await journal.markBegun(entry);
      else await this.#undo(entry, handle);
      return isOurs ? handle : undefined;
    } catch (error) {
      await this.#undo(entry, handle);
      throw error;
    }
  }

  async #undo(entry: JournalEntry, handle: FileHandle | undefined): Promise<void> {
    await handle?.close();
    if (handle) await this.#discard(entry);
    else await this.#deps.journal.remove(entry);
  }

  /** Removes a file without media, and its entry. The file goes first: an entry without one does no harm. */
  async #discard(entry: JournalEntry): Promise<void> {
    await rm(resolve(entry.cwd, unfinished(entry.file)), { force: true });
    await this.#deps.journal.remove(entry);
  }
}
