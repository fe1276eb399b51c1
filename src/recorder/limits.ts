/** Files of the same name in one directory; the second one gets `.2` before its extension. */
export const MAX_SAME_NAMES = 1_000;
/** Pause before a recording is tried again that failed, in milliseconds; it doubles with each failure in a row … */
const RETRY_MS = 10_000;
/** … up to this. A file that was written for as long begins a new row. */
export const LONGEST_RETRY_MS = 300_000;

/** Pause behind so many failures in a row, in milliseconds. */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (failures - 1));
}
