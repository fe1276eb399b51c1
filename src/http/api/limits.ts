/** Clients that one answer lists at most. */
export const MAX_LISTED_CLIENTS = 1_000;

/** Characters of a configuration text that is sent to the API; the file itself may not have more bytes. */
export const MAX_CONFIG_TEXT = 1_048_576;

/** Bytes of a request's body: a configuration text as JSON, every character of it escaped. */
export const MAX_API_BODY_BYTES = 6_400_000;

/** Followers of events at the same time. */
export const MAX_EVENT_FOLLOWERS = 32;

/** Clients of a stream that its followers are told of. */
export const MAX_FOLLOWED_CLIENTS = 200;

/** Wrong passwords of one address in a minute; one more, right or wrong, is refused. */
export const MAX_LOGIN_FAILURES = 10;

/** People that are logged in at the same time; the one who has not come for longest is logged out. */
export const MAX_LOGINS = 1_000;

/** Connections to the API; one more is closed. */
export const MAX_API_CONNECTIONS = 256;

/** Time that a request to the API has to arrive. */
export const API_REQUEST_TIMEOUT_MS = 30_000;
