import type { Socket } from 'node:net';
import type { ClientRegistry } from '../clients/client-registry.ts';
import { formatIp, networkMatcher } from '../model/ip.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import { readProxyHeader } from './proxy-protocol.ts';

const KEEP_ALIVE_MS = 30_000;

/** Takes accepted sockets: turns away those for whom there is no room, and finds out who is behind a trusted proxy. */
export class Acceptor {
  readonly #clients: ClientRegistry;
  /** Sockets that still owe their PROXY header. */
  readonly #waiting = new Set<Socket>();
  #isProxy: (ip: string) => boolean;

  constructor(clients: ClientRegistry, proxyProtocol: ProxyProtocolOptions) {
    this.#clients = clients;
    this.#isProxy = proxyMatcher(proxyProtocol);
  }

  /** Who has to begin with a PROXY header from the commit on. Throws if a network is none. */
  prepare(proxyProtocol: ProxyProtocolOptions): PreparedChange {
    const isProxy = proxyMatcher(proxyProtocol);
    return changeBy(() => {
      this.#isProxy = isProxy;
    });
  }

  /**
   * Hands the socket on with its client's address, at once or, paused, when its PROXY header has come; or destroys it.
   */
  receive(socket: Socket, enter: (socket: Socket, ip: string) => void): void {
    if (!this.#clients.hasRoom()) {
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const peer = formatIp(socket.remoteAddress ?? '');
    if (!this.#isProxy(peer)) {
      enter(socket, peer);
      return;
    }
    const uncount = this.#clients.count();
    this.#waiting.add(socket);
    const received = () => {
      this.#waiting.delete(socket);
      uncount();
    };
    readProxyHeader(
      socket,
      this.#clients.clock,
      (ip) => {
        received();
        if (this.#clients.open) enter(socket, ip);
        else socket.destroy();
      },
      (why) => {
        received();
        this.#clients.log.info({ ip: peer, why }, 'connection dropped');
        socket.destroy();
      },
    );
  }

  /** Destroys the sockets of which no client has come yet. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy();
  }
}

function proxyMatcher(options: ProxyProtocolOptions): (ip: string) => boolean {
  return options.enabled ? networkMatcher(options.trusted) : () => false;
}
