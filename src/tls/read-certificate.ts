import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateFiles } from '../model/options.ts';
import { readSmallFile } from '../model/read-bounded-file.ts';

/** Bytes of a file with certificates or a key. */
const MAX_PEM_BYTES: number = 1024 * 1024;

/** A certificate with its key, read and found to belong together. */
export interface Certificate {
  /** The server's own, which stands first in its file. */
  readonly leaf: X509Certificate;
  /** Milliseconds since 1970 after which clients accept it no more; NaN if it says that in a way that nobody knows. */
  readonly endsAt: number;
  /** Both files as they are. */
  readonly pem: CertificateFiles;
  /** The same, ready for handshakes. */
  readonly context: SecureContext;
}

/** Why a certificate cannot be used, in a sentence that names the file; `of` is the directive that names that file. */
export class CertificateError extends Error {
  readonly of: keyof CertificateFiles;

  constructor(of: keyof CertificateFiles, message: string, cause?: unknown) {
    super(message, { cause });
    this.of = of;
  }
}

/** Reads a certificate and its key. Throws a `CertificateError` if they are not there or of no use. */
export function readCertificate(files: CertificateFiles): Certificate {
  const pem = { cert: readPem('cert', files), key: readPem('key', files) };
  const fail = (of: keyof CertificateFiles, what: string, cause?: unknown): never => {
    throw new CertificateError(of, `${JSON.stringify(files[of])} ${what}`, cause);
  };
  if (/^-----BEGIN .*ENCRYPTED|^Proc-Type: .*ENCRYPTED/m.test(pem.key))
    fail('key', 'is protected by a passphrase, expected a key without one');
  const leaf = attempt(
    () => new X509Certificate(pem.cert),
    (why, cause) => fail('cert', `holds no certificate (${why}), expected PEM text of one`, cause),
  );
  const key = attempt(
    () => createPrivateKey(pem.key),
    (why, cause) => fail('key', `holds no private key (${why}), expected PEM text of one`, cause),
  );
  const fits = attempt(
    () => leaf.checkPrivateKey(key),
    (why, cause) =>
      fail('cert', `cannot be compared with its key (${why}), expected another certificate`, cause),
  );
  if (!fits) {
    const other = `the first certificate in ${JSON.stringify(files.cert)}`;
    fail('key', `is not the key of ${other}, expected the one that it was made with`);
  }
  const context = attempt(
    () => createSecureContext(pem),
    (why, cause) => fail('cert', `is refused by OpenSSL (${why}), expected another certificate`, cause),
  );
  return { leaf, endsAt: Date.parse(leaf.validTo), pem, context };
}

function readPem(of: keyof CertificateFiles, files: CertificateFiles): string {
  try {
    return readSmallFile(files[of], MAX_PEM_BYTES);
  } catch (fault) {
    throw new CertificateError(of, `${JSON.stringify(files[of])} ${(fault as Error).message}`, fault);
  }
}

/** Returns what `make` does; if OpenSSL throws, calls `fail` with the reason, without the place in OpenSSL's own code. */
function attempt<T>(make: () => T, fail: (why: string, cause: unknown) => never): T {
  try {
    return make();
  } catch (fault) {
    const { message } = fault as Error;
    return fail(message.slice(message.lastIndexOf(':') + 1).trim() || message, fault);
  }
}
