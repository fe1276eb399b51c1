/** What one RTMP connection may take of the server. docs/limits.md lists these; a test keeps it so. */

/** From accept to the end of the handshake, and from there to an accepted `connect`, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A connection that neither publishes nor plays, in milliseconds (SRS waits as long for a republish). */
export const IDLE_TIMEOUT_MS = 180_000;
/** Bytes that are read ahead while a gate is being asked; then the socket is not read any more. */
export const MAX_EARLY_BYTES: number = 1024 * 1024;
/** Message streams that one connection may create. */
export const MAX_MESSAGE_STREAMS = 8;
/** Vhosts that one connection may visit. */
export const MAX_VHOSTS_PER_CONNECTION = 8;
/** Bytes of replies that may wait for a peer which asks and does not read. */
export const MAX_REPLY_BACKLOG: number = 1024 * 1024;
/** Longest metadata message that is kept for joiners, in bytes. */
export const MAX_METADATA_BYTES: number = 64 * 1024;
/** Longest decoder configuration that is kept for joiners, in bytes. */
export const MAX_CONFIGURATION_BYTES: number = 64 * 1024;
