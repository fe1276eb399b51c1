/** Time in which an answer begins where a backend may be asked and a stream waited for, in milliseconds. */
export const NEWCOMER_FORWARD_TIMEOUT_MS = 60_000;
