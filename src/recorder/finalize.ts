import { rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Gate } from '../model/authorization.ts';
import type { RecordedFile, Stamp } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import { formatStreamKey } from '../model/stream-key.ts';
import { unfinished } from './create-unique.ts';
import type { Journal } from './journal.ts';
import type { Conclusion, JournalEntry } from './journal-entry.ts';

/** What is known of a file that is whole. */
export type FileFacts = Pick<RecordedFile, 'durationMs' | 'bytes'>;

/** What it takes to tell of a file. */
export interface FinalizeDeps {
  readonly journal: Journal;
  readonly logger: Logger;
  /** Those who are told. */
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
