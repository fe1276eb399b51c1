import type { Socket } from 'node:net';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { HttpServerOptions, ProxyProtocolOptions } from '../model/options.ts';
import { type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import type { Peers } from '../model/shared-state.ts';
import { Acceptor } from '../net/acceptor.ts';
import type { HttpHandler, SharedApi } from './http-handler.ts';
import type { PlaybackServer } from './playback-server.ts';

/** The way in for players over HTTP. What it takes to serve them is loaded once it is wanted. */
export class HttpServer {
  readonly #clients: ClientRegistry;
  readonly #acceptor: Acceptor;
  readonly #parts: readonly HttpHandler[];
  readonly #peers: Peers | undefined;
  #server: PlaybackServer | undefined;
  #api: SharedApi | undefined;
  #stopReceiving: () => void = () => undefined;

  /** `peers` is set where other processes of the server pass requests on to this one. */
  constructor(
    clients: ClientRegistry,
    proxyProtocol: ProxyProtocolOptions,
    parts: readonly HttpHandler[],
    peers?: Peers,
  ) {
    this.#clients = clients;
    this.#acceptor = new Acceptor(clients, proxyProtocol);
    this.#parts = parts;
    this.#peers = peers;
  }

  /** Gets ready for sockets, if there are to be any, and for what counts from the commit on; who is here stays. */
  prepare(options: HttpServerOptions, proxyProtocol: ProxyProtocolOptions): Promise<PreparedChange> {
    return prepareTogether(async (add) => {
      add(this.#acceptor.prepare(proxyProtocol));
      if (this.#server) add(this.#server.prepare(options));
      else if (options.enabled) add(await this.#open(options));
    });
  }

  /** Leaves to the API what it claims. */
  share(api: SharedApi): void {
    this.#api = api;
    this.#server?.share(api);
  }

  /** Takes a socket that a listener accepted with `pauseOnConnect`. */
  accept(accepted: Socket): void {
    this.#acceptor.receive(accepted, (socket, ip) => this.enter(socket, ip));
  }

  /** Serves the client at `ip` over a socket that speaks HTTP. */
  enter(socket: Socket, ip: string): void {
    if (this.#server) this.#server.enter(socket, ip);
    else socket.destroy();
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#acceptor.close();
    this.#stopReceiving();
    await this.#server?.close();
  }

  async #open(options: HttpServerOptions): Promise<PreparedChange> {
    const { PlaybackServer } = await import('./playback-server.ts');
    const server = await PlaybackServer.open(this.#clients, options, this.#parts);
    const { token = '' } = this.#peers ?? {};
    let stopReceiving: (() => void) | undefined;
    try {
      stopReceiving = await this.#peers?.receive((socket) => server.acceptPeer(socket, token));
    } catch (error) {
      await server.close();
      throw error;
    }
    return {
      commit: () => {
        this.#server = server;
        if (this.#api) server.share(this.#api);
        if (stopReceiving) this.#stopReceiving = stopReceiving;
      },
      async rollBack() {
        stopReceiving?.();
        await server.close();
      },
    };
  }
}
