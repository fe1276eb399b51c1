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
