import type { RecordingEnd } from '../model/events.ts';

/** Why the disk takes no more of a file. */
export interface DiskFailure {
  readonly reason: Extract<RecordingEnd, 'disk_full' | 'disk_error' | 'disk_slow'>;
  /** For the log. */
  readonly why: string;
}

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What an error of the file system means. */
export function diskFailure(error: unknown): DiskFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { reason: FULL.has(code) ? 'disk_full' : 'disk_error', why: message };
}
