import { type FileHandle, open, stat } from 'node:fs/promises';
import { MAX_SAME_NAMES } from './limits.ts';

/** What a file is called while it is written, which keeps its name for it. */
export function unfinished(file: string): string {
  return `${file}.tmp`;
}

/** What a file may be called, the best name first: a number tells it from an older file of the same name. */
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
