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

/** Work of one connection in one turn of the event loop, in media packets: others have their turn before it goes on. */
export const MAX_PACKETS_PER_TURN = 256;
/** Work of one connection over time, in media packets a second. One that brings more is read more slowly. */
export const MAX_PACKETS_PER_SECOND = 5_000;
/** How much of it may come at once before that counts. */
export const MAX_PACKET_BURST = 10_000;

/** What other work counts as, in media packets, by what it costs: so many chunks as one … */
export const CHUNKS_PER_PACKET = 16;
/** … so many bytes of a command as one, beside what each command counts as … */
export const COMMAND_BYTES_PER_PACKET = 64;
export const COMMAND_PACKETS = 16;
/** … each answer, for its write … */
export const ANSWER_PACKETS = 4;
/** … and each publish or play, with all that begins and ends with it, and what gives a player its picture anew. */
export const OPENING_PACKETS = 500;
