import type { Socket } from 'node:net';

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
