import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The text of a file of at most `maxBytes`. Throws an error whose message goes on from the file's name: `cannot be read: …`. */
export function readSmallFile(path: string, maxBytes: number): string {
  let handle: number | undefined;
  try {
    // Not blocking, or a pipe would hold the server up for as long as nobody writes to it.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new Unfit('is not a file, expected one');
    if (stat.size > maxBytes) throw new Unfit(`has ${stat.size} bytes, expected at most ${maxBytes}`);
    return readFileSync(handle, 'utf8');
  } catch (cause) {
    if (cause instanceof Unfit) throw cause;
    throw new Unfit(`cannot be read: ${reasonOf(cause)}`, { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

class Unfit extends Error {}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission is denied';
  return cause instanceof Error ? cause.message : String(cause);
}
