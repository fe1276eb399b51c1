/** What one TLS client may take of the server before it has shaken hands. docs/limits.md lists these; a test keeps it so. */

/** From accept to the end of the TLS handshake, in milliseconds. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** TLS handshakes of one kind of listener that are under way at once. */
export const MAX_TLS_HANDSHAKES = 1024;
/** Bytes of a file with certificates or a key. */
export const MAX_PEM_BYTES: number = 1024 * 1024;
