/** Deliveries that one request lists at most. */
export const MAX_LISTED = 10_000;

/** Deliveries that are masked in one turn of the event loop; between two such helpings the media has its turn. */
export const MAX_HELPING = 25;

/** The shortest time between two helpings of a follower, in milliseconds. What comes faster is missed, and counted. */
export const HELPING_PAUSE_MS = 50;

/** Longest request to the control socket, in bytes; there is nothing to say there. */
export const MAX_CONTROL_BODY_BYTES = 65_536;

/** Time that whoever holds a state directory has to say who it is. */
export const HOLDER_TIMEOUT_MS = 2_000;

/** Bytes of a unix socket's path: the kernel's `sun_path` without the NUL at its end. macOS has the shorter one. */
export const MAX_SOCKET_PATH = 107;
export const MAX_SOCKET_PATH_DARWIN = 103;

/** Time that requests have to finish when the server stops. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** Time that a client has to send the head of a request, from the connection or from its last request's answer on. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Time that it has for the whole request. */
export const REQUEST_TIMEOUT_MS = 15_000;

/** A connection on which nothing is asked any more, in milliseconds: HLS players ask every few seconds. */
export const KEEP_ALIVE_TIMEOUT_MS = 60_000;

/** Bytes of a request's line and headers together. */
export const MAX_HEADER_BYTES = 16_384;

/** Bytes of a request's body; there is nothing to say there. */
export const MAX_PLAYBACK_BODY_BYTES = 1_024;

/** Bytes of a message from a viewer over WebSocket, who has nothing to say. */
export const MAX_VIEWER_MESSAGE_BYTES = 1_024;

/** Bytes of all that such a viewer says within a second, pings included. */
export const MAX_VIEWER_BYTES = 65_536;

/** How often a viewer over WebSocket is pinged, and how long it has to answer. */
export const PONG_TIMEOUT_MS = 30_000;

/** Batches that wait until something is known of what a stream holds, for the FLV header to say. */
export const MAX_EARLY_BATCHES = 8;
