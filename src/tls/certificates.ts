import type { Clock, Timer } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { CertificateFiles, TlsListenOptions, VhostOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import type { TlsParams } from './handshakes.ts';
import { type Certificate, readCertificate } from './read-certificate.ts';
import { WatchedCertificate } from './watched-certificate.ts';

/** Interval at which the files are checked. */
const LOOK_MS = 5_000;

/** Form of a host name (RFC 6066, 3): anything else is not even compared. */
const HOST = /^[a-z0-9._-]{1,253}$/i;

/** The certificates that a configuration names. */
export interface WantedCertificates {
  /** For those to whom no other belongs. */
  readonly listeners: readonly CertificateFiles[];
  readonly vhosts: readonly Pick<VhostOptions, 'name' | 'tls'>[];
}

/** Other certificates, which have been read and tried. */
export interface PreparedCertificates extends PreparedChange {
  /** Parameters for the clients of a listener of this configuration, once the change is committed. */
  termsFor(listener: TlsListenOptions): TlsParams;
}

/** All certificates of a server: which of them belongs to whom, and whether there are new ones on the disk. */
export class Certificates {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #today: () => number;
  #kept: ReadonlyMap<string, WatchedCertificate> = new Map();
  /** Certificates of vhosts, by the name in lower case. */
  #byVhost: ReadonlyMap<string, WatchedCertificate> = new Map();
  #timer: Timer | undefined;
  #closed = false;

  /** `today` is milliseconds since 1970. */
  constructor(clock: Clock, log: Logger, today: () => number = Date.now) {
    this.#clock = clock;
    this.#log = log;
    this.#today = today;
  }

  /** Reads the certificates of a configuration. Throws a `CertificateError` if one is of no use. */
  prepare({ listeners, vhosts }: WantedCertificates): PreparedCertificates {
    const own = vhosts.flatMap(({ name, tls }) => (tls ? [{ name, tls }] : []));
    const read = new Map<string, { files: CertificateFiles; certificate: Certificate }>();
    for (const files of [...listeners, ...own.map(({ tls }) => tls)]) {
      const place = placeOf(files);
      if (!read.has(place)) read.set(place, { files, certificate: readCertificate(files) });
    }
    const kept = new Map<string, WatchedCertificate>();
    for (const [place, { files, certificate }] of read) {
      const known = this.#kept.get(place);
      kept.set(place, known ?? new WatchedCertificate(files, certificate, this.#log, this.#today));
    }
    const byVhost = new Map(own.map(({ name, tls }) => [name.toLowerCase(), keptOf(kept, tls)]));
    return {
      termsFor: (listener) => this.#terms(keptOf(kept, listener), listener),
      commit: () => {
        for (const [place, { certificate }] of read) this.#kept.get(place)?.renew(certificate);
        this.#kept = kept;
        this.#byVhost = byVhost;
        for (const one of kept.values()) one.remind();
        this.#watch();
      },
      rollBack: () => undefined,
    };
  }

  /**
   * The certificate for a client that names this host: that of the vhost of this name, or else one of a vhost that is
   * made out to the name, or else to a pattern that the name fits.
   */
  named(host: string): Certificate | undefined {
    if (!HOST.test(host)) return undefined;
    const own = this.#byVhost.get(host.toLowerCase());
    if (own) return own.current;
    const all = [...this.#byVhost.values()].map(({ current }) => current);
    return (
      all.find(({ leaf }) => leaf.checkHost(host, { wildcards: false }) !== undefined) ??
      all.find(({ leaf }) => leaf.checkHost(host) !== undefined)
    );
  }

  /** Looks at the files no more. */
  close(): void {
    this.#closed = true;
    this.#timer?.clear();
  }

  #terms(kept: WatchedCertificate, { versions }: TlsListenOptions): TlsParams {
    return {
      versions,
      get standard() {
        return kept.current;
      },
      named: (host) => this.named(host),
    };
  }

  #watch(): void {
    if (this.#timer || this.#closed || this.#kept.size === 0) return;
    this.#timer = this.#clock.after(LOOK_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((kept) => kept.look()));
    this.#timer = undefined;
    this.#watch();
  }
}

function keptOf(kept: ReadonlyMap<string, WatchedCertificate>, files: CertificateFiles): WatchedCertificate {
  const one = kept.get(placeOf(files));
  if (!one) throw new Error(`${files.cert} is no certificate of this configuration`);
  return one;
}

function placeOf({ cert, key }: CertificateFiles): string {
  return JSON.stringify([cert, key]);
}
