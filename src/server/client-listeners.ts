import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { HttpHandler, SharedApi } from '../http/http-handler.ts';
import { HttpServer } from '../http/http-server.ts';
import type { Logger } from '../model/logger.ts';
import type { Config, ProxyProtocolOptions, TlsListenOptions } from '../model/options.ts';
import { type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import type { Peers } from '../model/shared-state.ts';
import { type Entrance, Listeners, type OpenAddress, type Protocol } from '../net/listeners.ts';
import { TlsAcceptor } from '../net/tls-acceptor.ts';
import { RtmpServer } from '../rtmp/rtmp-server.ts';
import { Certificates, type PreparedCertificates } from '../tls/certificates.ts';

/** Before the first configuration. */
const NO_PROXIES: ProxyProtocolOptions = { enabled: false, trusted: [] };

/** All ways in: the ports, the certificates, and who takes the clients of each kind. */
export class ClientListeners {
  /** For those who speak RTMP. */
  readonly front: RtmpServer;
  readonly #web: HttpServer;
  readonly #certificates: Certificates;
  readonly #listeners: Listeners;
  readonly #rtmps: TlsAcceptor;
  readonly #https: TlsAcceptor;

  /**
   * `parts` are what is served over HTTP, also to the `peers`; `log` is told what becomes of certificates and addresses. Nobody
   * listens before a change is committed.
   */
  constructor(clients: ClientRegistry, parts: readonly HttpHandler[], log: Logger, peers?: Peers) {
    this.front = new RtmpServer(clients, NO_PROXIES);
    this.#web = new HttpServer(clients, NO_PROXIES, parts, peers);
    this.#rtmps = new TlsAcceptor(clients, NO_PROXIES);
    this.#https = new TlsAcceptor(clients, NO_PROXIES, ['http/1.1', 'http/1.0']);
    this.#certificates = new Certificates(clients.clock, log);
    this.#listeners = new Listeners(log);
  }

  get addresses(): readonly OpenAddress[] {
    return this.#listeners.addresses;
  }

  /**
   * Gets ready for the listeners and certificates of a configuration; who is here stays. Rejects with a sentence if an
   * address cannot be had or a certificate is of no use.
   */
  prepare(config: Config): Promise<PreparedChange> {
    const { rtmps, https, vhosts, httpServer, proxyProtocol } = config;
    const listeners = [rtmps, https].filter((options) => options !== undefined);
    return prepareTogether(async (add) => {
      const certificates = add(this.#certificates.prepare({ listeners, vhosts }));
      for (const acceptor of [this.front, this.#rtmps, this.#https]) add(acceptor.prepare(proxyProtocol));
      add(await this.#web.prepare(httpServer, proxyProtocol));
      // Last: from its commit on, clients come in.
      add(await this.#listeners.prepare(this.#entrances(config, certificates)));
    });
  }

  /** Leaves to the API what it claims of requests over HTTP. */
  share(api: SharedApi): void {
    this.#web.share(api);
  }

  /** Lets nobody in any more; who is inside stays. */
  shut(): void {
    this.#listeners.close();
    this.#certificates.close();
    this.front.close();
    this.#rtmps.close();
    this.#https.close();
  }

  /** Shuts, and ends the connections over HTTP, after what has been written to them. */
  async close(): Promise<void> {
    this.shut();
    await this.#web.close();
  }

  #entrances({ listen, rtmps, httpServer, https }: Config, certificates: PreparedCertificates): Entrance[] {
    const secured = (
      protocol: Protocol,
      options: TlsListenOptions,
      acceptor: TlsAcceptor,
      enter: (socket: Socket, ip: string) => void,
    ): Entrance => {
      const terms = certificates.termsFor(options);
      const take = (socket: Socket) => acceptor.receive(socket, terms, enter);
      return { protocol, listen: options.listen, take };
    };
    const rtmp = (stream: Duplex, ip: string) => void this.front.enter(stream, ip);
    const http = (socket: Socket, ip: string) => this.#web.enter(socket, ip);
    const plainHttp = httpServer.enabled ? httpServer.listen : [];
    return [
      { protocol: 'rtmp', listen, take: (socket) => this.front.accept(socket) },
      ...(rtmps ? [secured('rtmps', rtmps, this.#rtmps, rtmp)] : []),
      { protocol: 'http', listen: plainHttp, take: (socket) => this.#web.accept(socket) },
      ...(https ? [secured('https', https, this.#https, http)] : []),
    ];
  }
}
