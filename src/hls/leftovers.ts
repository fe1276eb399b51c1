import { open, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readOwnedText } from './playlist.ts';

/** Files and directories that are looked through for what an earlier run has left. */
const MAX_LEFTOVER_ENTRIES = 100_000;

/**
 * Removes what a run that is no more has left under a directory: the playlists that it kept, and the files that these
 * name. Nothing else is touched. Returns how many playlists there were.
 */
export async function clearLeftovers(root: string, cleanup: boolean): Promise<number> {
  let found = 0;
  for (const file of await playlistsUnder(root)) {
    const owned = await readHead(file).then(readOwnedText, () => undefined);
    if (!owned || isAlive(owned.pid)) continue;
    found++;
    const files = cleanup ? owned.uris.flatMap((uri) => pathOf(root, file, uri) ?? []) : [];
    for (const path of [...files, file]) await rm(path, { force: true }).catch(() => undefined);
    await rmdir(dirname(file)).catch(() => undefined);
  }
  return found;
}

async function playlistsUnder(root: string): Promise<string[]> {
  const found: string[] = [];
  const directories = [root];
  let seen = 0;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (++seen > MAX_LEFTOVER_ENTRIES) return found;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) directories.push(path);
      else if (entry.isFile() && entry.name.endsWith('.m3u8')) found.push(path);
    }
  }
  return found;
}

/** Text of a playlist; empty if it is larger than one of ours. */
async function readHead(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return size > MAX_PLAYLIST_BYTES ? '' : await readFile(handle, 'utf8');
  } finally {
    await handle.close();
  }
}

const MAX_PLAYLIST_BYTES = 4_194_304;

/** Path to which a URI of a playlist leads; undefined if it is not under the directory. */
function pathOf(root: string, playlist: string, uri: string): string | undefined {
  try {
    const path = resolve(dirname(playlist), ...uri.split('/').map(decodeURIComponent));
    const inside = relative(resolve(root), path);
    return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? undefined : path;
  } catch {
    return undefined;
  }
}

/** True for another process that runs; this one has nothing there yet. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
