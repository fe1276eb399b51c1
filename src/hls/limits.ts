/** What one stream's segments may take. docs/limits.md lists these; a test keeps it so. */

/** Bytes of one segment; over it the segment is cut where it is. */
export const MAX_SEGMENT_BYTES: number = 32 * 1024 * 1024;

/** Bytes of one stream's segments; over it the oldest go before their time. */
export const MAX_STREAM_BYTES: number = 512 * 1024 * 1024;

/** Files of a stream that could not be removed and are tried again; of more, the oldest are forgotten. */
export const MAX_UNREMOVED_FILES = 1_000;

/** Bytes of one stream's segments that wait for the disk; over it the next one is left out. */
export const MAX_WAITING_BYTES: number = 64 * 1024 * 1024;

/** Bytes of segments on the disk that are in memory too, of all streams: the newest ones. */
export const MAX_RECENT_BYTES: number = 64 * 1024 * 1024;

/** Bytes of a file's name, less what numbers and a temporary name add. */
export const MAX_FILE_NAME_BYTES = 200;

/** Bytes of a file's path under `hls_path`. */
export const MAX_FILE_PATH_BYTES = 1_024;

/** Files and directories that are looked through for what an earlier run has left. */
export const MAX_LEFTOVER_ENTRIES = 100_000;

/** Segments without a keyframe are cut no sooner than this, in milliseconds: many encoders send one in ten seconds alone. */
export const HARD_CUT_MS = 20_000;

/** By how much a keyframe may come too early to end a segment still, in milliseconds: clocks of publishers are not exact. */
export const EARLY_MS = 100;

/** A jump of a stream's time from which on segments do not continue each other, in milliseconds. */
export const JUMP_MS = 5_000;

/** Streams of which the discontinuity sequence is known; those that were not published for longest begin above all others. */
export const MAX_NUMBERED_STREAMS = 10_000;

/** Bytes of the file that keeps the sequence numbers over a restart. */
export const MAX_SEQUENCE_FILE_BYTES = 4_096;

/** The highest number that is believed of that file: some players take no higher one. */
export const MAX_STORED_SEQUENCE = 2_000_000_000;
