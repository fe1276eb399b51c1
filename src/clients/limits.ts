/** What a client of any protocol may take of the server. docs/limits.md lists these; a test keeps it so. */

/** From accept to the end of a trusted proxy's PROXY header, in milliseconds. */
export const PROXY_HEADER_TIMEOUT_MS = 10_000;
/** A peer that takes none of the bytes waiting for it, in milliseconds (SRS's write time-out). */
export const STALL_TIMEOUT_MS = 30_000;
/** After the server's last word, until the socket is destroyed, in milliseconds. */
export const LINGER_MS = 2_000;
/** Sockets that wait at a new address until the configuration that has it counts; one more is closed. */
export const MAX_EARLY_SOCKETS = 1_024;
/** How much more than it was granted a publisher may have sent at any time, in milliseconds at the granted rate. */
export const MAX_BURST_MS = 5_000;
