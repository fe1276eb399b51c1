import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Gate } from '../model/authorization.ts';
import type { RecordedFile, Stamp } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import type { Conclusion, Journal, JournalEntry } from './journal.ts';

/** Files of the same name in one directory; the second one gets `.2` before its extension. */
export const MAX_SAME_NAMES = 1_000;

/** Pause before a recording is tried again that failed, in milliseconds; it doubles with each failure in a row … */
const RETRY_MS = 10_000;
/** … up to this. A file that was written for as long begins a new row. */
export const LONGEST_RETRY_MS = 300_000;

/** Facts of a file that is whole. */
export type FileFacts = Pick<RecordedFile, 'durationMs' | 'bytes'>;

/** Dependencies of finalizing a file. */
export interface FinalizeDeps {
  readonly journal: Journal;
  readonly logger: Logger;
  /** Receiver of the event. */
  readonly gate: Gate;
  /** The stamp for the event with this id. */
  stamp(id: string): Promise<Stamp>;
}

/**
 * Gives a file that is whole its name and tells of it. What the event says is written down first, so that whoever takes
 * this up after a crash, at whichever step, says the same.
 */
export async function finalize(
  entry: JournalEntry,
  facts: FileFacts & Pick<RecordedFile, 'reason'>,
  deps: FinalizeDeps,
): Promise<void> {
  const conclusion = { ...facts, stamp: await deps.stamp(entry.id) };
  await deps.journal.finalize(entry, conclusion);
  await publishFile(entry, conclusion, deps);
}

/** The steps behind the last word; harmless if repeated. */
export async function publishFile(
  entry: JournalEntry,
  conclusion: Conclusion,
  deps: FinalizeDeps,
): Promise<void> {
  const { cwd, file, facts, server, id } = entry;
  const { stamp, durationMs, bytes, reason } = conclusion;
  await giveName(resolve(cwd, file));
  const stream = formatStreamKey(facts);
  deps.logger.info({ stream, file, durationMs, bytes, reason }, 'recording complete');
  const recording = { id, cwd, file, durationMs, bytes, reason };
  const event = { ...facts, action: 'on_dvr', recording, seal: { stamp, server } } as const;
  if (await deps.gate.emitDurably(event)) await deps.journal.remove(entry);
}

/** A file that has its name already has been here before; its backend may have taken it away since. */
async function giveName(path: string): Promise<void> {
  await rename(unfinished(path), path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Name of a file while it is written, which keeps its final name for it. */
export function unfinished(file: string): string {
  return `${file}.tmp`;
}

/** Names for a file, the best first: a number tells it from an older file of the same name. */
export function* namesOf(file: string): Generator<string, void, undefined> {
  yield file;
  for (let number = 2; number <= MAX_SAME_NAMES; number++) yield file.replace(/(\.\w+)$/, `.${number}$1`);
}

/** Makes a file and opens it; undefined if there is one already. Rejects with what the file system says. */
export async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx+', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** True if there is a file. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Pause behind so many failures in a row, in milliseconds. */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (failures - 1));
}
