const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  EPIPE: 'closed the connection before it had answered',
  EHOSTUNREACH: 'cannot be reached: no route to its host',
  ENETUNREACH: 'cannot be reached: its network is unreachable',
  ETIMEDOUT: 'did not accept the connection in time',
  ENOTFOUND: 'cannot be found: its name has no address',
  EAI_AGAIN: 'cannot be found: the name server does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'did not accept the connection in time',
  UND_ERR_SOCKET: 'closed the connection before it had answered',
  UND_ERR_HEADERS_OVERFLOW: 'answered with too many header fields',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'announced a longer answer than it sent',
};

const UNTRUSTED = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH/;
const NO_TLS = /^ERR_(TLS|SSL|OSSL)/;

/** True if both sides do not understand or trust each other: trying again would change nothing. */
export function isMismatch(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return UNTRUSTED.test(code) || NO_TLS.test(code);
}

/** Says in a verb phrase (`refused the connection`) what went wrong; `answering` if part of the answer had come. */
export function describeFailure(error: Error, answering: boolean): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (answering && /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(code))
    return 'closed the connection in the middle of its answer';
  if (CAUSES[code] !== undefined) return CAUSES[code];
  if (error.name === 'HTTPParserError') return 'did not answer in HTTP';
  if (UNTRUSTED.test(code)) return `has a certificate that is not trusted (${code})`;
  if (NO_TLS.test(code)) return `does not speak TLS as expected (${code})`;
  return `could not be asked (${code === '' ? error.message : code})`;
}
