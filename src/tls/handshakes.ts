import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '../model/clock.ts';
import type { TlsVersion } from '../model/options.ts';
import type { Certificate } from './read-certificate.ts';

/** TLS handshakes of one kind of listener that are under way at once. */
export const MAX_TLS_HANDSHAKES = 1024;

/** From accept to the end of the TLS handshake, in milliseconds. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;

/** TLS parameters of a listener; read anew for each handshake. */
export interface TlsParams {
  readonly versions: readonly TlsVersion[];
  /** Context for clients that name no host, or one without a certificate of its own. */
  readonly standard: Certificate;
  /** Context for clients that name this host. */
  readonly named: (host: string) => Certificate | undefined;
}

/** Callbacks of a handshake: one of the two is called, once. */
export interface HandshakeOutcome {
  /** From here on the client speaks over this socket, from which nothing has been read yet. */
  secure(socket: TLSSocket): void;
  /** The socket is being destroyed. `why` is a sentence; `said` is false if the client had sent nothing. */
  failed(why: string, said: boolean): void;
}

interface Pending {
  secure(socket: TLSSocket): void;
  fail(why: string): void;
}

/** Shakes hands, as TLS has it, over sockets that somebody else accepted. */
export class Handshakes {
  readonly #protocols: readonly string[];
  readonly #clock: Clock;
  /** By what no two connections share (`nameOf`): Node does not say over which socket it has shaken hands. */
  readonly #pending = new Map<string, Pending>();
  /** Parameters of the last handshake. */
  #latest: { readonly terms: TlsParams; readonly standard: Certificate; readonly server: Server } | undefined;

  /** `protocols` are what clients may choose from by ALPN; with none of them the wish is left unanswered. */
  constructor(protocols: readonly string[], clock: Clock) {
    this.#protocols = protocols;
    this.#clock = clock;
  }

  /** True if as many are under way as may be. */
  get busy(): boolean {
    return this.#pending.size >= MAX_TLS_HANDSHAKES;
  }

  /** Begins with the client of a socket from which nothing has been read, or what was read has been put back. */
  begin(socket: Socket, terms: TlsParams, outcome: HandshakeOutcome): void {
    const name = nameOf(socket);
    const settle = () => {
      timer.clear();
      socket.off('close', onClose);
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
    };
    const pending: Pending = {
      secure(secured) {
        settle();
        outcome.secure(secured);
      },
      fail(why) {
        settle();
        outcome.failed(why, socket.bytesRead > 0);
        socket.destroy();
      },
    };
    const onClose = () => pending.fail(explainFailure({ code: 'ECONNRESET' }));
    const late = `the TLS handshake was not complete after ${TLS_HANDSHAKE_TIMEOUT_MS} ms`;
    const timer = this.#clock.after(TLS_HANDSHAKE_TIMEOUT_MS, () => pending.fail(late));
    // What goes wrong with the socket is told by the one that TLS makes of it.
    socket.once('close', onClose).on('error', () => undefined);
    this.#pending.set(name, pending);
    this.#serverFor(terms).emit('connection', socket);
  }

  /** Breaks off what is under way. */
  close(): void {
    for (const pending of this.#pending.values()) pending.fail('the server is stopping');
  }

  /** A server that never listens: Node has no other public way to be the server over a socket. */
  #serverFor(terms: TlsParams): Server {
    const { standard } = terms;
    if (this.#latest?.terms !== terms || this.#latest.standard !== standard)
      this.#latest = { terms, standard, server: this.#createServer(terms) };
    return this.#latest.server;
  }

  #createServer({ standard, named, versions }: TlsParams): Server {
    const server = createServer({
      ...standard.pem,
      // These hold for the certificates of vhosts too.
      minVersion: versions.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
      maxVersion: versions.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
      // Time is up when the clock of this class says so.
      handshakeTimeout: 2 * TLS_HANDSHAKE_TIMEOUT_MS,
      ...(this.#protocols.length > 0 ? { ALPNProtocols: [...this.#protocols] } : {}),
      SNICallback: (host, answer) => answer(null, named(host)?.context),
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      const pending = this.#pending.get(nameOf(socket));
      if (pending) pending.secure(socket);
      else socket.destroy();
    });
    // Of a socket that has closed the name is not known any more; its 'close' tells.
    server.on('tlsClientError', (error, socket) =>
      this.#pending.get(nameOf(socket))?.fail(explainFailure(error)),
    );
    return server;
  }
}

/** The addresses and ports of both ends. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

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
