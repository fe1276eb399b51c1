import { readFileSync } from 'node:fs';
import type { Config } from '../model/options.ts';

/** Open files with which every part of the server can be loaded and has some to work with; clients come on top. */
const MIN_OPEN_FILES = 256;

const REMEDY = 'raise it with "ulimit -n", or LimitNOFILE in systemd';

/** Why nothing can be started, as a sentence; undefined where there are enough. */
export function lackOfOpenFiles(limit: number = openFilesLimit()): string | undefined {
  if (limit >= MIN_OPEN_FILES) return undefined;
  return `gatecast needs at least ${MIN_OPEN_FILES} open files, and the limit is ${limit}: ${REMEDY}`;
}

/** A sentence if a process cannot have as many connections open as the configuration allows it. */
export function lackForConnections(
  { maxConnections }: Pick<Config, 'maxConnections'>,
  workers: number,
  limit: number = openFilesLimit(),
): string | undefined {
  const needed = Math.ceil(maxConnections / workers) + MIN_OPEN_FILES;
  if (limit >= needed) return undefined;
  return `max_connections ${maxConnections} needs ${needed} open files in each process, and the limit is ${limit}: ${REMEDY}`;
}

/** Number of files that this process may have open, sockets among them. */
function openFilesLimit(): number {
  const soft = process.platform === 'linux' ? fromProc() : fromReport();
  return Number.isFinite(Number(soft)) ? Number(soft) : Number.POSITIVE_INFINITY;
}

function fromProc(): string | undefined {
  return /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
}

/** Takes tens of milliseconds, but is there on every system. */
function fromReport(): unknown {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: unknown } } };
  return userLimits?.open_files?.soft;
}
