import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

/** Puts a text in a file's place, all or nothing: readers see the old one or the new one. Owner and rights stay. */
export function writeAtomically(path: string, text: string): void {
  const target = realpathSync(path);
  const { mode, uid, gid } = statSync(target);
  const beside = `${target}.${process.pid}.new`;
  try {
    const handle = openSync(beside, 'wx', mode & 0o7777);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (statSync(beside).uid !== uid || statSync(beside).gid !== gid) chownSync(beside, uid, gid);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
