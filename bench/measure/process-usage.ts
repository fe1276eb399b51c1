import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children have used. */
export interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
}

/** Linux's clock ticks a second and page size; the same on every architecture that Node runs on. */
const TICKS = 100;
const PAGE = 4096;

/** Reads /proc for a process and all its descendants. Those that end meanwhile count as nothing. */
export function usageOf(pid: number): Usage {
  const total = { userSeconds: 0, systemSeconds: 0, residentBytes: 0 };
  for (const member of family(pid)) {
    const fields = read(`/proc/${member}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    total.userSeconds += Number(fields[11] ?? 0) / TICKS;
    total.systemSeconds += Number(fields[12] ?? 0) / TICKS;
    total.residentBytes += Number(fields[21] ?? 0) * PAGE;
  }
  return total;
}

function family(pid: number): number[] {
  const children = tasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
