/** What passing requests on to other workers may take. docs/limits.md lists these; a test keeps it so. */

/** Requests that one worker has passed on to another and that are not answered to the end. */
export const MAX_FORWARDED = 1_000;

/** Workers that one worker has connections to. */
export const MAX_NEIGHBOURS = 256;

/** Time in which a worker takes a connection of another, in milliseconds. */
export const FORWARD_CONNECT_TIMEOUT_MS = 5_000;

/** Time in which an answer begins that needs no backend and no waiting. */
export const FORWARD_TIMEOUT_MS = 10_000;

/** The same where a viewer may have to be asked about, and a stream to be waited for. */
export const NEWCOMER_FORWARD_TIMEOUT_MS = 60_000;

/** A worker that is in the middle of an answer has this long for its next bytes. */
export const FORWARD_IDLE_TIMEOUT_MS = 10_000;
