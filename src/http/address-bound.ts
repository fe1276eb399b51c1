import type { Socket } from 'node:net';
import type { ClientRegistry } from '../clients/client-registry.ts';
import { isLoopback } from '../model/ip.ts';
import { LogCounter } from '../model/log-throttle.ts';
import type { HttpServerOptions } from '../model/options.ts';
import { Connections } from './connections.ts';

/**
 * What one address may take of the playback server: `max_connections_per_address`. Trusted proxies and this machine have no
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

  /** Takes the place of a viewer; returns what gives it back, or undefined if his address has all that it may have. */
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
