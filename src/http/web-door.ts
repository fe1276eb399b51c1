import type { Socket } from 'node:net';
import type { Neighbourhood } from '../model/neighbourhood.ts';
import type { HttpServerOptions, ProxyProtocolOptions } from '../model/options.ts';
import type { Lobby } from '../visits/lobby.ts';
import { Reception } from '../visits/reception.ts';
import type { PlaybackPart } from './playback-part.ts';
import type { PlaybackServer } from './playback-server.ts';

/** The way in for players over HTTP. What it takes to serve them is loaded once it is wanted. */
export class WebDoor {
  readonly #lobby: Lobby;
  readonly #reception: Reception;
  readonly #parts: readonly PlaybackPart[];
  readonly #neighbourhood: Neighbourhood | undefined;
  #server: PlaybackServer | undefined;
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

  /** Gets ready for sockets, if there are to be any. */
  async prepare(options: HttpServerOptions): Promise<void> {
    if (!options.enabled || this.#server) return;
    const { PlaybackServer } = await import('./playback-server.ts');
    const server = await PlaybackServer.open(this.#lobby, options, this.#parts);
    this.#server = server;
    const { token = '' } = this.#neighbourhood ?? {};
    const stop = await this.#neighbourhood?.receive((socket) => server.enterNeighbour(socket, token));
    if (stop) this.#stopReceiving = stop;
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

  /** What counts from now on; who is here stays. */
  change(options: HttpServerOptions, proxyProtocol: ProxyProtocolOptions): void {
    this.#reception.change(proxyProtocol);
    this.#server?.change(options);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#reception.close();
    this.#stopReceiving();
    await this.#server?.close();
  }
}
