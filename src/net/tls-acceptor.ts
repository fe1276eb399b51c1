import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientRegistry } from '../clients/client-registry.ts';
import { LogCounter } from '../model/log-throttle.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { Handshakes, type TlsParams } from '../tls/handshakes.ts';
import { Acceptor } from './acceptor.ts';

/** Acceptor for clients that speak TLS, a PROXY header before it if that is due. */
export class TlsAcceptor {
  readonly #clients: ClientRegistry;
  readonly #acceptor: Acceptor;
  readonly #handshakes: Handshakes;
  readonly #turnedAway: LogCounter;

  /** `protocols` are those that clients may choose from with ALPN. */
  constructor(
    clients: ClientRegistry,
    proxyProtocol: ProxyProtocolOptions,
    protocols: readonly string[] = [],
  ) {
    this.#clients = clients;
    this.#acceptor = new Acceptor(clients, proxyProtocol);
    this.#handshakes = new Handshakes(protocols, clients.clock);
    this.#turnedAway = new LogCounter(clients.clock, (turnedAway) =>
      clients.log.warn({ turnedAway }, 'TLS handshake limit reached, connections dropped'),
    );
  }

  /** Who has to begin with a PROXY header from the commit on. */
  prepare(proxyProtocol: ProxyProtocolOptions): PreparedChange {
    return this.#acceptor.prepare(proxyProtocol);
  }

  /** Hands on what the client says inside TLS, with its address, once hands are shaken; or destroys the socket. */
  receive(accepted: Socket, terms: TlsParams, enter: (socket: TLSSocket, ip: string) => void): void {
    this.#acceptor.receive(accepted, (socket, ip) => {
      if (this.#handshakes.busy) {
        socket.destroy();
        this.#turnedAway.add();
        return;
      }
      const uncount = this.#clients.countConnection();
      this.#handshakes.begin(socket, terms, {
        secure: (secured) => {
          uncount();
          if (this.#clients.open) enter(secured, ip);
          else secured.destroy();
        },
        failed: (why, said) => {
          uncount();
          // A port scan or a load balancer's probe is not an event that a person cares about.
          const level = said ? 'info' : 'debug';
          this.#clients.log[level]({ ip, why }, 'connection dropped');
        },
      });
    });
  }

  /** Destroys the sockets of which no client has come yet. */
  close(): void {
    this.#acceptor.close();
    this.#handshakes.close();
  }
}
