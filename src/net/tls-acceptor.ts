import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { Handshakes, type TlsParams } from '../tls/handshakes.ts';
import { Acceptor } from './acceptor.ts';

const TELL_MS = 1000;

/** A acceptor for clients that speak TLS, a PROXY header before it if that is due. */
export class TlsAcceptor {
  readonly #clients: ClientRegistry;
  readonly #acceptor: Acceptor;
  readonly #handshakes: Handshakes;
  #turnedAway = 0;

  /** `protocols` are those that clients may choose from with ALPN. */
  constructor(
    clients: ClientRegistry,
    proxyProtocol: ProxyProtocolOptions,
    protocols: readonly string[] = [],
  ) {
    this.#clients = clients;
    this.#acceptor = new Acceptor(clients, proxyProtocol);
    this.#handshakes = new Handshakes(protocols, clients.clock);
  }

  /** Who has to begin with a PROXY header from the commit on. */
  prepare(proxyProtocol: ProxyProtocolOptions): PreparedChange {
    return this.#acceptor.prepare(proxyProtocol);
  }

  /** Hands on what the client says inside TLS, with its address, once hands are shaken; or destroys the socket. */
  receive(accepted: Socket, terms: TlsParams, enter: (socket: TLSSocket, ip: string) => void): void {
    this.#acceptor.receive(accepted, (socket, ip) => {
      if (this.#handshakes.busy) {
        this.#turnAway(socket);
        return;
      }
      const uncount = this.#clients.count();
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

  /** One line a second tells how many. */
  #turnAway(socket: Socket): void {
    socket.destroy();
    this.#turnedAway += 1;
    if (this.#turnedAway > 1) return;
    this.#clients.clock.after(TELL_MS, () => {
      this.#clients.log.warn(
        { turnedAway: this.#turnedAway },
        'TLS handshake limit reached, connections dropped',
      );
      this.#turnedAway = 0;
    });
  }
}
