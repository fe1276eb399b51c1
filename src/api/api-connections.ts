import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Connections } from '../http/connections.ts';
import { formatIp } from '../model/ip.ts';
import { LogCounter } from '../model/log-throttle.ts';
import type { Logger } from '../model/logger.ts';
import { systemClock } from '../model/process-clock.ts';

/** Connections of one address that are not kept; for one more, the one of them that was not used for longest is closed. */
export const MAX_API_CONNECTIONS_PER_ADDRESS = 64;

/** Connections that are kept, of people who may use the API. One more is closed behind its answer. */
export const MAX_KEPT_API_CONNECTIONS = 224;

/** Connections to the API; for one more, the one that is not kept and was not used for longest is closed. */
export const MAX_API_CONNECTIONS = 256;

/**
 * The connections to one address of the API. Those of people who may use it are kept; all others, silent ones above all,
 * give way to newcomers. There is always room for some that are not kept, so that a health check, a scrape and the
 * operator are answered whoever else is here.
 */
export class ApiConnections {
  readonly #all = new Connections();
  /** By the peer, since what TLS hands on is not the socket that was accepted. */
  readonly #accepted = new Map<string, Socket>();
  readonly #closed: LogCounter;

  constructor(log: Logger) {
    this.#closed = new LogCounter(systemClock, (closed) =>
      log.warn({ closed }, 'API connections closed to make room'),
    );
  }

  /** Watches over what a server accepts, TLS or not. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#enter(socket));
  }

  /**
   * Notes a request. Returns whether the connection may stay for another one: those of strangers may, until others need
   * the room; one of a known user is kept, or closed behind its answer where too many are kept already.
   */
  request(socket: Socket, known: boolean): boolean {
    const accepted = this.#accepted.get(peerOf(socket));
    if (!accepted || this.#all.isHeld(accepted)) return true;
    const keep = known && this.#all.held < MAX_KEPT_API_CONNECTIONS;
    if (keep) this.#all.hold(accepted);
    else this.#all.release(accepted);
    return keep || !known;
  }

  #enter(socket: Socket): void {
    const address = formatIp(socket.remoteAddress ?? '');
    const isOver = () => this.#all.of(address).idle >= MAX_API_CONNECTIONS_PER_ADDRESS;
    while (isOver() && this.#all.evict(address)) this.#closed.add();
    while (this.#all.size >= MAX_API_CONNECTIONS && this.#all.evict()) this.#closed.add();
    this.#all.add(socket, address);
    const peer = peerOf(socket);
    this.#accepted.set(peer, socket);
    socket.once('close', () => {
      if (this.#accepted.get(peer) === socket) this.#accepted.delete(peer);
    });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
