import type { FileHandle } from 'node:fs/promises';
import type { RecordingEnd } from '../model/events.ts';
import type { Origin } from '../model/media.ts';
import type { DvrOptions } from '../model/options.ts';
import { fillRecordingPath, type RecordingPath } from '../model/path-template.ts';
import { splitTemplate } from '../model/private-files.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import type { DiskFailure } from './file-writer.ts';
import { type FileFacts, LONGEST_RETRY_MS, retryPauseMs } from './finalize.ts';
import type { FlvLayout } from './flv-head.ts';
import { OpenFile, type RecordingDeps } from './open-file.ts';

/** Dependencies of the files of a publish at one path. */
export interface FileSequenceDeps extends RecordingDeps {
  /** Takes note of what has to be done before the server may stop. */
  running(work: Promise<void>): void;
}

/**
 * The files of one publish at one path, one after the other. Behind one that fails there is a pause, which grows with each
 * failure in a row: the disk may have room again.
 */
export class FileSequence {
  readonly #origin: Origin;
  readonly #path: RecordingPath;
  readonly #deps: FileSequenceDeps;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** In a row. */
  #failures = 0;
  #begunAt = 0;
  #failed = false;
  #file: OpenFile | undefined;
  #name: string | undefined;
  #begun = 0;
  /** Settles when all that has begun has its name. */
  #named: Promise<unknown> = Promise.resolve();
  /** Settles when all that has ended is told of. */
  #ended: Promise<void> = Promise.resolve();

  constructor(origin: Origin, path: RecordingPath, deps: FileSequenceDeps) {
    this.#origin = origin;
    this.#path = path;
    this.#deps = deps;
  }

  get options(): DvrOptions {
    return this.#origin.vhost.dvr;
  }

  /** The file that is being written; undefined between files. */
  get writing(): string | undefined {
    return this.#name;
  }

  /** Files so far. */
  get begun(): number {
    return this.#begun;
  }

  /** False while there is to be no new file. */
  get ready(): boolean {
    return this.#deps.clock.now() >= this.#pausedUntil;
  }

  /** True if the file that is being written takes no more. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Begins a file; undefined if the stream cannot be recorded. */
  beginFile(layout?: FlvLayout): OpenFile | undefined {
    const { facts } = this.#origin;
    const filled = fillRecordingPath(this.#path, facts, new Date(this.#deps.now()));
    if (!filled.ok) {
      const why = filled.message;
      this.#deps.logger.warn({ stream: formatStreamKey(facts), why }, 'stream not recorded');
      this.#pausedUntil = Number.POSITIVE_INFINITY;
      return undefined;
    }
    const { template, container } = this.#path;
    const { root, rest } = splitTemplate(template, this.#deps.cwd);
    const names = { writer: 'recording', root, templates: [rest] } as const;
    const plan = { file: filled.file, names, container, layout, facts };
    const file: OpenFile = new OpenFile(plan, this.#deps, this.#named, (failure) =>
      this.#fail(file, filled.file, failure),
    );
    this.#failed = false;
    this.#begunAt = this.#deps.clock.now();
    this.#named = file.named;
    this.#file = file;
    this.#name = filled.file;
    this.#begun++;
    return file;
  }

  /** Ends the file that was begun last, in the background; nothing is appended any more once `appended` has settled. */
  endFile(
    reason: RecordingEnd,
    complete: (file: FileHandle) => Promise<FileFacts>,
    appended: Promise<void> = Promise.resolve(),
  ): void {
    const file = this.#file;
    this.#file = undefined;
    this.#name = undefined;
    if (!file) return;
    if (!this.#failed) this.#failures = 0;
    // Behind the file before it, so that files are told of in their order.
    this.#ended = Promise.all([appended, this.#ended]).then(() => file.close(reason, complete));
    this.#deps.running(this.#ended);
  }

  #fail(file: OpenFile, name: string, { why }: DiskFailure): void {
    const { clock, logger } = this.#deps;
    const now = clock.now();
    // One that was written for long, or that is not written any more, is none of the row.
    if (file !== this.#file || now - this.#begunAt >= LONGEST_RETRY_MS) this.#failures = 0;
    this.#failures++;
    const pauseMs = retryPauseMs(this.#failures);
    this.#pausedUntil = now + pauseMs;
    if (file === this.#file) this.#failed = true;
    const fields = { stream: formatStreamKey(this.#origin.facts), file: name, why, nextTryMs: pauseMs };
    // The first of a row is news; the others are the same trouble.
    const level = this.#failures === 1 ? 'error' : 'debug';
    logger[level](fields, 'recording stopped, stream continues');
  }
}
