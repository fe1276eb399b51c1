/** Clients that one answer lists at most. */
export const MAX_LISTED_CLIENTS = 1_000;

/** Bytes of a request's body: a configuration text as JSON, every character of it escaped. */
export const MAX_API_BODY_BYTES = 6_400_000;
