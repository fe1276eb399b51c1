/** Message streams that one connection may create. */
export const MAX_MESSAGE_STREAMS = 8;

/** Work that a publish or play counts as, with all that begins and ends with it, in media packets. */
export const OPENING_PACKETS = 500;
