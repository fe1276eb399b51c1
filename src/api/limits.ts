/** Clients that one answer lists at most. */
export const MAX_LISTED_CLIENTS = 1_000;

/** Bytes of a request's body: a configuration text as JSON, every character of it escaped. */
export const MAX_API_BODY_BYTES = 6_400_000;

/** Deliveries that one request lists at most. */
export const MAX_LISTED = 10_000;

/** Deliveries that are masked in one turn of the event loop; between two such helpings the media has its turn. */
export const MAX_HELPING = 25;

/** The shortest time between two helpings of a follower, in milliseconds. What comes faster is missed, and counted. */
export const HELPING_PAUSE_MS = 50;

/** Time that requests have to finish when the server stops. */
export const CLOSE_TIMEOUT_MS = 1_000;
