const UNTRUSTED = 'the client does not trust the certificate';
const REASONS: Readonly<Record<string, string>> = {
  ECONNRESET:
    'the client left before the TLS handshake was complete; perhaps it does not trust the certificate',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'what the client sent is not TLS: at this port URLs begin with rtmps:// or https://, not rtmp:// or http://',
  ERR_SSL_HTTP_REQUEST: 'the client sent HTTP without TLS: at this port URLs begin with https://',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client knows no version of TLS that is spoken here (see "protocols")',
  ERR_SSL_NO_SHARED_CIPHER: 'the client knows no cipher that goes with the certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: `${UNTRUSTED}: it does not know who signed it, or certificates in between are missing in the file`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client finds that the certificate has expired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: UNTRUSTED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: UNTRUSTED,
};

/** Why a TLS handshake failed, as a sentence for the person who reads the log. */
export function explainFailure({ code = '', message = '' }: { code?: string; message?: string }): string {
  const known = REASONS[code];
  if (known !== undefined) return known;
  // OpenSSL has it between numbers and places: thread:error:code:library:function:reason:file:line.
  const reason = /^[\dA-F]+:error:[^:]*:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  return `the TLS handshake failed: ${reason.trim() || code}`;
}
