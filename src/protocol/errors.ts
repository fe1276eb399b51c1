/** Why a peer's bytes were refused. Stable: logs, metrics and tests may rely on the words. */
export const PROTOCOL_ERROR_CODES = [
  'handshake',
  'chunk',
  'chunk_size',
  'chunk_stream_limit',
  'message_too_large',
  'buffer_limit',
  'control',
  'amf0',
  'amf0_limit',
  'command',
  'aggregate',
  'proxy',
] as const;

/** One of {@link PROTOCOL_ERROR_CODES}. */
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];

/**
 * A peer sent what the protocol, or one of our limits, does not allow. The connection it came on cannot be
 * read any further and should be closed. Mistakes of our own callers throw ordinary errors instead.
 */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  /** `message` is a sentence that names what was wrong, with the offending numbers. */
  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
  }
}
