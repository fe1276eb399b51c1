/** A peer that takes none of the bytes waiting for it, in milliseconds (SRS's write time-out). */
export const STALL_TIMEOUT_MS = 30_000;
/** After the server's last word, until the socket is destroyed, in milliseconds. */
export const LINGER_MS = 2_000;
