/** A record that is not on the disk after this time counts as one that cannot be written, in milliseconds. */
export const COMMIT_TIMEOUT_MS = 2_000;

/** Time after which a disk that took no records is tried again, in milliseconds. */
export const STORE_RETRY_MS = 5_000;

/** Shortest time between two log lines about the same trouble, in milliseconds. */
export const TROUBLE_LOG_INTERVAL_MS = 10_000;

/** How often a run writes down what time it is: how exactly a crash can be dated, in milliseconds. */
export const ALIVE_INTERVAL_MS = 10_000;

/** Time that a question may wait to be sent before its record says that it waits, in milliseconds. */
export const WAITING_AFTER_MS = 100;

/** Changes in one commit from which on clients come in a burst … */
export const BURST = 8;

/** … so that the next commit waits for company, this many milliseconds from the one before. */
export const COMMIT_PAUSE_MS = 10;

/** Events about segments that wait for their backends at most; over it the oldest goes, before any other event does. */
export const MAX_SEGMENT_EVENTS = 5_000;

/** Length of a file of the outbox, in bytes: another one of it is held ready, which a disk that fills up cannot take. */
export const LOG_FILE_BYTES = 1_048_576;

/** Length of a file where much waits, in bytes. */
export const MAX_LOG_FILE_BYTES = 16_777_216;

/** Records of the oldest file that are written anew in one go … */
export const CARRIED_AT_ONCE = 256;

/** … and how often that is done behind one commit. */
export const MAX_CARRIES = 4;
