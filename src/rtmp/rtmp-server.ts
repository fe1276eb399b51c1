import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { Acceptor } from '../net/acceptor.ts';
import { SharedReads } from '../net/shared-read.ts';
import { randomSource } from '../protocol/bytes/random.ts';
import { ServerSession } from './server-session.ts';

/** The way in for those who speak RTMP. */
export class RtmpServer {
  readonly #clients: ClientRegistry;
  readonly #acceptor: Acceptor;
  readonly #random = randomSource();
  readonly #reads = new SharedReads();

  constructor(clients: ClientRegistry, proxyProtocol: ProxyProtocolOptions) {
    this.#clients = clients;
    this.#acceptor = new Acceptor(clients, proxyProtocol);
  }

  /** Prepares the rules by which peers have to begin with a PROXY header. */
  prepare(proxyProtocol: ProxyProtocolOptions): PreparedChange {
    return this.#acceptor.prepare(proxyProtocol);
  }

  /** Takes a socket that a listener accepted with `pauseOnConnect`; from then on it reads as `SharedReads` says. */
  accept(accepted: Socket): void {
    this.#acceptor.receive(this.#reads.adopt(accepted), (socket, ip) => {
      this.enter(socket, ip);
      socket.resume();
    });
  }

  /** Begins a session with the client at `ip` over any duplex stream. */
  enter(stream: Duplex, ip: string): ServerSession {
    const session = new ServerSession(stream, ip, this.#clients, this.#random);
    void session.settled.then(this.#clients.countConnection());
    this.#clients.addClient(session);
    return session;
  }

  /** Destroys the sockets of which no client has come yet. */
  close(): void {
    this.#acceptor.close();
  }
}
