/**
 * Closing events of one vhost that are on their way at the same time. Half of the connections, so that the end of many
 * clients at once never keeps new ones waiting at the gate.
 */
export const MAX_DELIVERIES = 32;

/** Longest answer of a backend, in bytes. */
export const MAX_ANSWER_BYTES = 65_536;

/** Longest head of an interim answer, such as 100 Continue, in bytes. */
export const MAX_INTERIM_ANSWER = 16_384;

/** Bytes of an answer that the record of a delivery keeps. */
export const MAX_RECORDED_BODY = 4_096;

/** Characters of an unexpected answer that a message quotes. */
export const MAX_EXCERPT = 64;

/** Characters of a backend's own message that are passed on to the client. */
export const MAX_MESSAGE = 200;

/** How long an idle connection is kept when the backend does not say, in milliseconds. */
export const KEEP_ALIVE_MS = 4_000;

/** Memory that the journal may take, in bytes; over it the oldest deliveries go, however few are left. */
export const MAX_JOURNAL_BYTES = 33_554_432;

/** Those who follow the journal at the same time. */
export const MAX_FOLLOWERS = 16;

/** Verdicts that `cache` keeps at most; over it the one that was not wanted for longest goes. */
export const MAX_CACHED_VERDICTS = 50_000;

/** Time to the first repetition of a question, in milliseconds; doubled each time … */
export const FIRST_RETRY_MS = 50;

/** … up to this. */
export const MAX_RETRY_MS = 2_000;

/** Longest time between two probes of a backend that cannot be reached, in milliseconds: they cost it nothing. */
export const MAX_UNREACHABLE_PROBE_MS = 250;

/** Time to the first probe of a URL that answers too late, in milliseconds; doubled up to `breaker_open`. */
export const FIRST_PROBE_MS = 250;

/** Shortest time between two log lines about one URL that fails and is passed over, in milliseconds. */
export const FAILURE_LOG_INTERVAL_MS = 10_000;

/** Characters of the name that an answer gives a stream. */
export const MAX_GRANTED_NAME = 255;

/** Characters of the URL that an answer sends a client to. */
export const MAX_REDIRECT = 4096;

/** Longest `max_duration` or `recheck` of an answer, in seconds: what a timer of Node.js can hold, 24 days. */
export const MAX_GRANTED_SECONDS = 2_147_483;

/** Highest `max_bitrate` of an answer, in kbit/s. */
export const MAX_GRANTED_BITRATE = 10_000_000;

/** Highest `max_viewers` of an answer. */
export const MAX_GRANTED_VIEWERS = 1_000_000_000;

/** Clients that hear of one event in one turn of the event loop; the rest in the next ones, so that streams go on between. */
export const BURST = 16;

/** Time for one URL of `on_hls_notify`, in milliseconds: what SRS gives it. */
export const NOTIFY_TIMEOUT_MS = 10_000;

/** Segments whose `on_hls_notify` is under way at the same time; those over it are left out. */
export const MAX_NOTIFICATIONS = 32;
