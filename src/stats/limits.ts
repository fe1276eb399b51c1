/** Packets that are noted of a stream whose plots somebody looks at; a reader who is further behind misses the oldest. */
export const MAX_FRAME_MARKS = 4_000;

/** Time after which nobody is taken to look at a stream's plots any more. */
export const FRAME_WATCH_TIMEOUT_MS = 10_000;

/** Streams whose packets are noted at the same time. */
export const MAX_FRAME_WATCHES = 16;
