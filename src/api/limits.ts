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

/** Connections to the API; for one more, the one that is not kept and was not used for longest is closed. */
export const MAX_API_CONNECTIONS = 256;

/** Those of them that are kept: of people who may use the API. One more is closed behind its answer. */
export const MAX_KEPT_API_CONNECTIONS = 224;

/** Connections of one address that are not kept; for one more, the one of them that was not used for longest is closed. */
export const MAX_API_CONNECTIONS_PER_ADDRESS = 64;

/** Time that a client has to shake hands, and to send the head of a request. */
export const API_HEADERS_TIMEOUT_MS = 5_000;

/** Time that a request to the API has to arrive. */
export const API_REQUEST_TIMEOUT_MS = 30_000;
