import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes our process id. Throws a sentence if the file names another process that is alive. Returns what removes it. */
export function writePidFile(file: string): () => void {
  const other = readPid(file);
  if (other !== undefined && other !== process.pid && isAlive(other)) {
    throw new Error(`the pid file ${file} names process ${other}, which is running: stop it or change "pid"`);
  }
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${process.pid}\n`);
  } catch (error) {
    throw new Error(`cannot write the pid file ${file}: ${(error as Error).message}`, { cause: error });
  }
  return () => {
    if (readPid(file) === process.pid) rmSync(file, { force: true });
  };
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
