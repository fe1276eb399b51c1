import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { Clock } from '../model/clock.ts';
import { isLoopback } from '../model/ip.ts';
import { LogCounter } from '../model/log-throttle.ts';
import type { HttpServerOptions } from '../model/options.ts';

interface Client {
  total: number;
  /** Those of its connections that give way, the one unused for longest first. */
  readonly idle: Set<Socket>;
}

/**
 * The connections of an HTTP server and the addresses of their clients. Those that are not held give way when there has to
 * be room, the one unused for longest first: whoever holds many of them and says nothing keeps nobody out.
 */
export class Connections {
  readonly #addresses = new Map<Socket, string>();
  readonly #gone = new WeakMap<Socket, () => void>();
  readonly #clients = new Map<string, Client>();
  readonly #idle = new Set<Socket>();

  /** Number of connections. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Number of connections that are held. */
  get held(): number {
    return this.#addresses.size - this.#idle.size;
  }

  /** Number of connections of one client address, and how many of these give way. */
  of(address: string): { readonly total: number; readonly idle: number } {
    const { total, idle } = this.#clients.get(address) ?? { total: 0, idle: new Set() };
    return { total, idle: idle.size };
  }

  /** Takes a new one, which gives way until it is held. `gone` hears, once, that it is closed. */
  add(socket: Socket, address: string, gone: () => void = () => undefined): void {
    const client = this.#clients.get(address) ?? { total: 0, idle: new Set() };
    this.#clients.set(address, client);
    client.total += 1;
    this.#addresses.set(socket, address);
    this.#gone.set(socket, gone);
    this.release(socket);
    socket.once('close', () => this.#remove(socket));
  }

  /** Keeps a connection from giving way. */
  hold(socket: Socket): void {
    const address = this.#addresses.get(socket);
    if (address === undefined) return;
    this.#idle.delete(socket);
    this.#clients.get(address)?.idle.delete(socket);
  }

  /** Lets a connection give way, after those that did so before. */
  release(socket: Socket): void {
    const address = this.#addresses.get(socket);
    if (address === undefined) return;
    this.hold(socket);
    this.#idle.add(socket);
    this.#clients.get(address)?.idle.add(socket);
  }

  /** True for one that does not give way. */
  isHeld(socket: Socket): boolean {
    return this.#addresses.has(socket) && !this.#idle.has(socket);
  }

  /** Closes one that gives way, of this address or of any; false if there is none. */
  evict(address?: string): boolean {
    const idle = address === undefined ? this.#idle : this.#clients.get(address)?.idle;
    for (const socket of idle ?? []) {
      // At once: its place is needed before it can say that it is closed.
      this.#remove(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #remove(socket: Socket): void {
    const address = this.#addresses.get(socket);
    const client = address === undefined ? undefined : this.#clients.get(address);
    if (address === undefined || !client) return;
    this.hold(socket);
    this.#addresses.delete(socket);
    client.total -= 1;
    if (client.total === 0) this.#clients.delete(address);
    this.#gone.get(socket)?.();
  }
}

/**
 * Has the limits that `server` sets to requests not count pauses of this process: Node looks at them before it reads what
 * waits in the sockets. A request may take as much longer as the process was paused lately.
 */
export function excusePauses(server: Server, clock: Clock): void {
  const { headersTimeout, requestTimeout } = server;
  const lately = Math.max(headersTimeout, requestTimeout);
  let pausedMs = clock.now() - clock.awake();
  let excusedMs = 0;
  let until = 0;
  const excuse = () => {
    const now = clock.now();
    if (now > until) excusedMs = 0;
    const newlyMs = now - clock.awake() - pausedMs;
    // Below that it is but the fractions of two sums.
    if (newlyMs > 1) {
      pausedMs += newlyMs;
      excusedMs += newlyMs;
      until = now + lately;
    }
    return excusedMs;
  };
  // Node reads them each time it looks.
  Object.defineProperties(server, {
    headersTimeout: { get: () => headersTimeout + excuse() },
    requestTimeout: { get: () => requestTimeout + excuse() },
  });
  // In place of Node's own answer, which ends a connection whose next request may be there already.
  server.on('timeout', (socket) => {
    const { bytesRead } = socket;
    clock.endOfTurn(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}

/**
 * Bounds on what one address takes of the playback server: `max_connections_per_address`. Trusted proxies and this machine have no
 * bound for their connections; the viewers behind them are counted by the addresses that they are said to have.
 */
export class AddressBound {
  readonly #connections = new Connections();
  readonly #viewers = new Map<string, number>();
  #most = 0;
  #isFree: (ip: string) => boolean = () => true;
  readonly #turnedAway: LogCounter<string>;

  constructor(
    clients: Pick<ClientRegistry, 'clock' | 'log'>,
    options: HttpServerOptions,
    isTrusted: (ip: string) => boolean,
  ) {
    this.#turnedAway = new LogCounter(clients.clock, (turnedAway, ip) => {
      const facts = { ip, turnedAway, maxConnectionsPerAddress: this.#most };
      clients.log.warn(facts, 'address limit reached, connections dropped');
    });
    this.applyOptions(options, isTrusted);
  }

  /** Applies new options; present connections and viewers stay. */
  applyOptions({ maxConnectionsPerAddress }: HttpServerOptions, isTrusted: (ip: string) => boolean): void {
    this.#most = maxConnectionsPerAddress;
    this.#isFree = (ip) => maxConnectionsPerAddress === 0 || isLoopback(ip) || isTrusted(ip);
  }

  /** Takes a connection, for which an idle one of the same address gives way; or says no. `gone` hears that it is closed. */
  enter(socket: Socket, ip: string, gone: () => void): boolean {
    const isFull = !this.#isFree(ip) && this.#connections.of(ip).total >= this.#most;
    if (isFull && !this.#connections.evict(ip)) {
      this.#turnedAway.add(ip);
      return false;
    }
    this.#connections.add(socket, ip, gone);
    return true;
  }

  /** Ends the connection that has been idle for longest; false if there is none. */
  giveWay(): boolean {
    return this.#connections.evict();
  }

  /** Notes that a request is under way on a connection. */
  asked(socket: Socket): void {
    this.#connections.hold(socket);
  }

  /** Notes that the request has been answered. */
  answered(socket: Socket): void {
    this.#connections.release(socket);
  }

  /** Counts a viewer of an address; returns what uncounts it, or undefined if the address has reached its limit. */
  watch(ip: string): (() => void) | undefined {
    const viewers = this.#viewers.get(ip) ?? 0;
    if (!this.#isFree(ip) && viewers >= this.#most) return undefined;
    this.#viewers.set(ip, viewers + 1);
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      const left = (this.#viewers.get(ip) ?? 1) - 1;
      if (left > 0) this.#viewers.set(ip, left);
      else this.#viewers.delete(ip);
    };
  }
}
