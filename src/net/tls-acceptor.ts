import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Lobby } from '../clients/client-registry.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { Handshakes, type HandshakeTerms } from '../tls/handshakes.ts';
import { Reception } from './acceptor.ts';

const TELL_MS = 1000;

/** A reception for clients that speak TLS, a PROXY header before it if that is due. */
export class SecureReception {
  readonly #lobby: Lobby;
  readonly #reception: Reception;
  readonly #handshakes: Handshakes;
  #turnedAway = 0;

  /** `protocols` are those that clients may choose from with ALPN. */
  constructor(lobby: Lobby, proxyProtocol: ProxyProtocolOptions, protocols: readonly string[] = []) {
    this.#lobby = lobby;
    this.#reception = new Reception(lobby, proxyProtocol);
    this.#handshakes = new Handshakes(protocols, lobby.clock);
  }

  /** Who has to begin with a PROXY header from the commit on. */
  prepare(proxyProtocol: ProxyProtocolOptions): PreparedChange {
    return this.#reception.prepare(proxyProtocol);
  }

  /** Hands on what the client says inside TLS, with its address, once hands are shaken; or destroys the socket. */
  receive(accepted: Socket, terms: HandshakeTerms, enter: (socket: TLSSocket, ip: string) => void): void {
    this.#reception.receive(accepted, (socket, ip) => {
      if (this.#handshakes.busy) {
        this.#turnAway(socket);
        return;
      }
      const uncount = this.#lobby.count();
      this.#handshakes.begin(socket, terms, {
        secure: (secured) => {
          uncount();
          if (this.#lobby.open) enter(secured, ip);
          else secured.destroy();
        },
        failed: (why, said) => {
          uncount();
          // A port scan or a load balancer's probe is not an event that a person cares about.
          const level = said ? 'info' : 'debug';
          this.#lobby.log[level]({ ip, why }, 'connection dropped');
        },
      });
    });
  }

  /** Destroys the sockets of which no client has come yet. */
  close(): void {
    this.#reception.close();
    this.#handshakes.close();
  }

  /** One line a second tells how many. */
  #turnAway(socket: Socket): void {
    socket.destroy();
    this.#turnedAway += 1;
    if (this.#turnedAway > 1) return;
    this.#lobby.clock.after(TELL_MS, () => {
      this.#lobby.log.warn(
        { turnedAway: this.#turnedAway },
        'connections over the most TLS handshakes dropped',
      );
      this.#turnedAway = 0;
    });
  }
}
