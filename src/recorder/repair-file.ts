import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { unfinished } from './create-unique.ts';
import type { FileFacts } from './finalize.ts';
import type { JournalEntry } from './journal-entry.ts';
import { repairFlv } from './repair-flv.ts';
import { repairMp4 } from './repair-mp4.ts';

/** Cuts an unfinished file to what of it is whole, and makes that a file that plays. Undefined if there is nothing. */
export async function repairFile(file: FileHandle, entry: JournalEntry): Promise<FileFacts | undefined> {
  const { container, layout } = entry;
  if (container === 'mp4') return repairMp4(file, resolve(entry.cwd, unfinished(entry.file)));
  return layout && repairFlv(file, layout);
}
