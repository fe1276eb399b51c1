import { type FileHandle, open, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatStreamKey } from '../model/stream-key.ts';
import { unfinished } from './claim-file.ts';
import { type ConcludeMeans, conclude, publishFile } from './conclude.ts';
import type { FoundEntry } from './journal.ts';
import { repairFile } from './repair-file.ts';

/**
 * Finishes the recordings that processes left which are no more, one by one, and tells of each. `fits` says which of the
 * journal's owners those are. Never rejects: what cannot be finished stays for the next start.
 */
export async function repairLeft(fits: (owner: string) => boolean, means: ConcludeMeans): Promise<void> {
  const { journal, logger } = means;
  for (const name of await journal.left(fits)) {
    try {
      const found = await journal.read(name);
      if (found) await finish(found, means);
      else await journal.forget(name);
    } catch (error) {
      const why = (error as Error).message;
      logger.error({ entry: name, why }, 'a recording could not be finished; the next start tries again');
    }
  }
}

async function finish({ entry, conclusion }: FoundEntry, means: ConcludeMeans): Promise<void> {
  if (conclusion) return publishFile(entry, conclusion, means);
  const { cwd, file, facts: publisher } = entry;
  const path = resolve(cwd, unfinished(file));
  const handle = await openOrMissing(path);
  const facts = handle && (await closing(handle, () => repairFile(handle, entry)));
  if (facts) return conclude(entry, { ...facts, reason: 'server_restart' }, means);
  if (handle) await unlink(path);
  const why = handle ? 'nothing that plays is in it' : 'the file is gone';
  means.logger.warn({ stream: formatStreamKey(publisher), file, why }, 'a recording is lost');
  await means.journal.remove(entry);
}

async function openOrMissing(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** What comes of work on a file, when that is on the disk and the file is closed. */
async function closing<T>(handle: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await handle.datasync();
    return result;
  } finally {
    await handle.close();
  }
}
