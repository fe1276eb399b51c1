/** Bytes of one file that wait for the disk; over it the file ends. */
export const MAX_UNWRITTEN_BYTES: number = 32 * 1024 * 1024;
/** The same of all files of the process. */
export const MAX_UNWRITTEN_BYTES_IN_ALL: number = 256 * 1024 * 1024;
/** Disk operations under way at once. Node has four threads for them, which name lookups and the outbox need too. */
export const MAX_DISK_OPERATIONS = 2;
/** Keyframes in the index of an FLV file; of more, every second one is left out, then every fourth … */
export const MAX_INDEXED_KEYFRAMES = 4_096;
/** Files of the same name in one directory; the second one gets `.2` before its extension. */
export const MAX_SAME_NAMES = 1_000;
/** Decoder configurations that are kept for the beginning of the next file. */
export const MAX_KEPT_HEADERS = 32;
/** Bytes of a fragment of MP4, which waits in memory; over it the fragment ends without a keyframe. */
export const MAX_FRAGMENT_BYTES: number = 16 * 1024 * 1024;
/** Pause before a recording is tried again that failed, in milliseconds; it doubles with each failure in a row … */
const RETRY_MS = 10_000;
/** … up to this. A file that was written for as long begins a new row. */
export const LONGEST_RETRY_MS = 300_000;

/** Pause behind so many failures in a row, in milliseconds. */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (failures - 1));
}
