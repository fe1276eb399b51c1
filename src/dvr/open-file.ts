import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EventFacts, RecordingEnd } from '../model/lifecycle.ts';
import { type MediaNames, markPrivate } from '../model/private-files.ts';
import type { RecordingContainer } from '../model/recording-path.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import { claimFile, unfinished } from './claim-file.ts';
import { conclude, type FileFacts } from './conclude.ts';
import { type DiskFailure, diskFailure } from './disk-failure.ts';
import { FileWriter } from './file-writer.ts';
import type { FlvLayout } from './flv-head.ts';
import type { JournalEntry } from './journal.ts';
import type { DvrMeans } from './means.ts';
import { repairFile } from './repair-file.ts';

/** What is to be recorded in a file. */
export interface FilePlan {
  readonly file: string;
  /** What it is one of. */
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
  readonly #means: DvrMeans;
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
    means: DvrMeans,
    after: Promise<unknown>,
    onFailure: (failure: DiskFailure) => void,
  ) {
    this.#plan = plan;
    this.#means = means;
    this.#opened = after.then(() => means.disk.run(() => this.#open()));
    this.named = this.#opened.catch(() => undefined);
    const handle = this.#opened.then((opened) => opened.handle);
    this.#writer = new FileWriter(handle, means, (failure) => {
      this.#log(failure, 'recording stopped, the stream goes on');
      onFailure(failure);
    });
  }

  /** Where what is appended next will be. */
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
    try {
      await this.#writer.close();
      const end = this.#writer.failure?.reason ?? reason;
      const facts = this.#writer.failure ? await repairFile(handle, entry) : await complete(handle);
      await handle.datasync();
      await handle.close();
      if (facts) await conclude(entry, { ...facts, reason: end }, this.#means);
      else await this.#discard(entry);
    } catch (error) {
      await handle.close().catch(() => undefined);
      const message = 'a recording could not be finished; the next start tries again';
      this.#log(diskFailure(error), message);
    }
  }

  async #open(): Promise<Opened> {
    const means = this.#means;
    const { container, layout, facts } = this.#plan;
    await markPrivate(this.#plan.names, resolve(means.cwd, this.#plan.file));
    const { handle, file } = await claimFile(this.#plan.file, means.cwd);
    const { owner, cwd, server } = means;
    const entry: JournalEntry = { id: randomUUID(), owner, container, cwd, file, layout, facts, server };
    try {
      await means.journal.open(entry);
    } catch (error) {
      await handle.close();
      await unlink(resolve(cwd, unfinished(file)));
      await means.journal.remove(entry);
      throw error;
    }
    means.logger.info({ stream: formatStreamKey(facts), file }, 'recording');
    return { handle, entry };
  }

  /** Nothing was recorded of which anybody could be told. */
  async #discard(entry: JournalEntry): Promise<void> {
    await unlink(resolve(entry.cwd, unfinished(entry.file)));
    await this.#means.journal.remove(entry);
  }

  #log({ why }: DiskFailure, message: string): void {
    const { facts, file } = this.#plan;
    this.#means.logger.error({ stream: formatStreamKey(facts), file, why }, message);
  }
}
