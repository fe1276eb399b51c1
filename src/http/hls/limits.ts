/** What viewers of HLS may take of the server. docs/limits.md lists these; a test keeps it so. */

/** Viewers with the same address. */
export const MAX_SESSIONS_PER_IP = 1_000;

/** Sessions that are over of which the server knows why. */
export const MAX_ENDED_SESSIONS = 10_000;

/** A new viewer has this long to ask for something by its id, in milliseconds; who does not is no viewer. */
export const NEW_SESSION_MS = 10_000;

/**
 * How long a viewer who comes back waits for the first segment, in milliseconds: hls.js takes a playlist that it has had
 * before for lost after ten seconds.
 */
export const RESUME_TIMEOUT_MS = 8_000;

/** How long a request waits for the first segment of a stream, in milliseconds: less than players wait for an answer. */
export const PLAYLIST_TIMEOUT_MS = 15_000;
