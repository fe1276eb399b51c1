import { stat } from 'node:fs/promises';
import type { Logger } from '../model/logger.ts';
import type { CertificateFiles } from '../model/options.ts';
import { type Certificate, CertificateError, readCertificate } from './read-certificate.ts';

const DAY_MS = 86_400_000;
/** Time before its end at which a certificate is warned about. */
const WARNING_MS = 14 * DAY_MS;

/** One certificate of the configuration, kept up with its files. */
export class WatchedCertificate {
  readonly #files: CertificateFiles;
  readonly #log: Logger;
  readonly #today: () => number;
  #current: Certificate;
  /** State of the files when they were read last. */
  #seen: string | undefined;
  /** Error of that reading, until it is logged. */
  #fault: string | undefined;
  #remindedAt = Number.NEGATIVE_INFINITY;

  /** `today` is milliseconds since 1970. */
  constructor(files: CertificateFiles, current: Certificate, log: Logger, today: () => number) {
    this.#files = files;
    this.#current = current;
    this.#log = log.child({ cert: files.cert });
    this.#today = today;
  }

  get current(): Certificate {
    return this.#current;
  }

  /** Takes what the files hold now. */
  renew(certificate: Certificate): void {
    const { cert, key } = this.#current.pem;
    this.#fault = undefined;
    if (certificate.pem.cert === cert && certificate.pem.key === key) return;
    this.#current = certificate;
    this.#remindedAt = Number.NEGATIVE_INFINITY;
    this.#log.info(factsOf(certificate), 'certificate renewed');
  }

  /**
   * Looks whether the files have changed, and takes what is new. If that is of no use, the old one stays, and it is told
   * at the next look: whoever replaces two files is between them for a moment.
   */
  async look(): Promise<void> {
    const seen = `${await looksOf(this.#files.cert)} ${await looksOf(this.#files.key)}`;
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#read();
    } else if (this.#fault !== undefined) {
      this.#log.warn({ why: this.#fault }, 'new certificate rejected, old one stays');
      this.#fault = undefined;
    }
    this.remind();
  }

  /** Says so, once a day at most, if the certificate is near its end. */
  remind(): void {
    const now = this.#today();
    const { endsAt } = this.#current;
    const isNear = endsAt - now <= WARNING_MS;
    if (!isNear || now - this.#remindedAt < DAY_MS) return;
    this.#remindedAt = now;
    const what = endsAt > now ? 'a certificate ends soon' : 'a certificate has expired';
    this.#log.warn(factsOf(this.#current), what);
  }

  #read(): void {
    try {
      this.renew(readCertificate(this.#files));
    } catch (fault) {
      if (!(fault instanceof CertificateError)) throw fault;
      this.#fault = `${fault.of} ${fault.message}`;
    }
  }
}

function factsOf({ leaf }: Certificate) {
  return { names: leaf.subjectAltName ?? leaf.subject, until: leaf.validTo };
}

/** Fingerprint that changes when a file is replaced, or a link on the way to it. */
async function looksOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
