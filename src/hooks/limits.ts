/** Time to the first repetition of a question, in milliseconds; doubled each time … */
export const FIRST_RETRY_MS = 50;

/** Shortest time between two log lines about one URL that fails and is passed over, in milliseconds. */
export const FAILURE_LOG_INTERVAL_MS = 10_000;
