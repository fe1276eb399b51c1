import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MAX_SAME_NAMES } from './limits.ts';

/** A name that is ours alone, and the file that is going to have it. */
export interface ClaimedFile {
  readonly handle: FileHandle;
  /** As it was asked for, but for a number that tells it from an older file of the same name. */
  readonly file: string;
}

/** What a file is called while it is written. */
export function unfinished(file: string): string {
  return `${file}.tmp`;
}

/**
 * Opens a new file for a recording, under its unfinished name, which keeps the name for it: nothing that exists is ever
 * written to or replaced. Its directory has to be there. Rejects with what the file system says.
 */
export async function claimFile(file: string, cwd: string): Promise<ClaimedFile> {
  for (let number = 1; number <= MAX_SAME_NAMES; number++) {
    const name = number === 1 ? file : file.replace(/(\.\w+)$/, `.${number}$1`);
    const handle = await openNew(resolve(cwd, unfinished(name)));
    if (!handle) continue;
    if (!(await exists(resolve(cwd, name)))) return { handle, file: name };
    await handle.close();
    await unlink(resolve(cwd, unfinished(name)));
  }
  throw new Error(`there are ${MAX_SAME_NAMES} files named ${file}: put [timestamp] into dvr_path`);
}

async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx+', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
