/** What a client of any protocol may take of the server. docs/limits.md lists these; a test keeps it so. */

/** From accept to the end of a trusted proxy's PROXY header, in milliseconds. */
export const PROXY_HEADER_TIMEOUT_MS = 10_000;
/** How much more than it was granted a publisher may have sent at any time, in milliseconds at the granted rate. */
export const MAX_BURST_MS = 5_000;
