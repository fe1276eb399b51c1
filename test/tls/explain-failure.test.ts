import { expect, test } from 'vitest';
import { explainFailure } from '../../src/tls/handshakes.ts';

const openssl = (code: string, reason: string) => ({
  code,
  message: `80BCE8A4DD7F0000:error:0A000418:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/rec_layer_s3.c:1601:SSL alert number 48\n`,
});

test.each([
  [
    openssl('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca'),
    'the client does not trust the certificate: it does not know who signed it, or certificates in between are missing in the file',
  ],
  [
    openssl('ERR_SSL_NO_SHARED_CIPHER', 'no shared cipher'),
    'the client knows no cipher that goes with the certificate',
  ],
  [
    openssl('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tlsv1 alert internal error'),
    'the TLS handshake failed: tlsv1 alert internal error',
  ],
  [{ code: 'EPIPE', message: 'write EPIPE' }, 'the TLS handshake failed: write EPIPE'],
  [{ code: 'E:1:2:3:4:5' }, 'the TLS handshake failed: E:1:2:3:4:5'],
])('%o is explained', (error, sentence) => {
  expect(explainFailure(error)).toBe(sentence);
});
