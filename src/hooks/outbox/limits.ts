/** A record that is not on the disk after this time counts as one that cannot be written, in milliseconds. */
export const COMMIT_TIMEOUT_MS = 2_000;

/** Time after which a disk that took no records is tried again, in milliseconds. */
export const STORE_RETRY_MS = 5_000;

/** Shortest time between two log lines about the same trouble, in milliseconds. */
export const TROUBLE_LOG_INTERVAL_MS = 10_000;

/** How often a run writes down that it is alive: how exactly a crash can be dated, in milliseconds. */
export const ALIVE_INTERVAL_MS = 10_000;

/** Changes in one commit from which on clients come in a burst … */
export const BURST = 8;

/** … so that the next commit waits for company, this many milliseconds from the one before. */
export const COMMIT_PAUSE_MS = 10;

/** Events about segments that wait for their backends at most; over it the oldest goes, before any other event does. */
export const MAX_SEGMENT_EVENTS = 5_000;
