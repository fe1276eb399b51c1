import type { Socket } from 'node:net';
import type { Lobby } from '../clients/client-registry.ts';
import type { HttpServerOptions, ProxyProtocolOptions } from '../model/options.ts';
import type { Neighbourhood } from '../model/peers.ts';
import { type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import { Reception } from '../net/acceptor.ts';
import type { PlaybackPart } from './http-handler.ts';
import type { PlaybackServer } from './playback-server.ts';
import type { SharedApi } from './shared-api.ts';

/** The way in for players over HTTP. What it takes to serve them is loaded once it is wanted. */
export class WebDoor {
  readonly #lobby: Lobby;
  readonly #reception: Reception;
  readonly #parts: readonly PlaybackPart[];
  readonly #neighbourhood: Neighbourhood | undefined;
  #server: PlaybackServer | undefined;
  #api: SharedApi | undefined;
  #stopReceiving: () => void = () => undefined;

  /** `neighbourhood` is set where other processes of the server pass requests on to this one. */
  constructor(
    lobby: Lobby,
    proxyProtocol: ProxyProtocolOptions,
    parts: readonly PlaybackPart[],
    neighbourhood?: Neighbourhood,
  ) {
    this.#lobby = lobby;
    this.#reception = new Reception(lobby, proxyProtocol);
    this.#parts = parts;
    this.#neighbourhood = neighbourhood;
  }

  /** Gets ready for sockets, if there are to be any, and for what counts from the commit on; who is here stays. */
  prepare(options: HttpServerOptions, proxyProtocol: ProxyProtocolOptions): Promise<PreparedChange> {
    return prepareTogether(async (add) => {
      add(this.#reception.prepare(proxyProtocol));
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
    this.#reception.receive(accepted, (socket, ip) => this.enter(socket, ip));
  }

  /** Serves the client at `ip` over a socket that speaks HTTP. */
  enter(socket: Socket, ip: string): void {
    if (this.#server) this.#server.enter(socket, ip);
    else socket.destroy();
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#reception.close();
    this.#stopReceiving();
    await this.#server?.close();
  }

  async #open(options: HttpServerOptions): Promise<PreparedChange> {
    const { PlaybackServer } = await import('./playback-server.ts');
    const server = await PlaybackServer.open(this.#lobby, options, this.#parts);
    const { token = '' } = this.#neighbourhood ?? {};
    let stopReceiving: (() => void) | undefined;
    try {
      stopReceiving = await this.#neighbourhood?.receive((socket) => server.enterNeighbour(socket, token));
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
