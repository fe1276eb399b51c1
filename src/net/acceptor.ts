import type { Socket } from 'node:net';
import type { ClientRegistry } from '../clients/client-registry.ts';
import type { Clock } from '../model/clock.ts';
import { formatIp, networkMatcher } from '../model/ip.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import { type ProxyHeader, parseProxyHeader } from '../protocol/proxy-header.ts';

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
    const uncount = this.#clients.countConnection();
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

/** From accept to the end of a trusted proxy's PROXY header, in milliseconds. */
const PROXY_HEADER_TIMEOUT_MS = 10_000;

/**
 * Reads the PROXY header with which a trusted proxy begins a connection and calls `done` with the client's address, or
 * `failed` with a sentence. The socket is paused then, and its next byte is the client's first.
 */
export function readProxyHeader(
  socket: Socket,
  clock: Clock,
  done: (ip: string) => void,
  failed: (why: string) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const leave = () => {
    timer.clear();
    socket.off('data', onData).off('error', onError).off('close', onClose);
  };
  const fail = (why: string) => {
    leave();
    failed(why);
  };
  const onError = (error: Error) => fail(error.message);
  const onClose = () => fail('the proxy closed before its PROXY header was complete');
  const onData = (bytes: Buffer) => {
    // A copy: the bytes are the socket's again when this returns.
    received = Buffer.concat([received, bytes]);
    let header: ProxyHeader;
    try {
      header = parseProxyHeader(received);
    } catch (error) {
      fail((error as Error).message);
      return;
    }
    if (header.state === 'incomplete') return;
    leave();
    // Nothing may be read while nobody listens.
    socket.pause();
    const rest = received.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    done(formatIp(header.source ?? socket.remoteAddress ?? ''));
  };
  const timer = clock.after(PROXY_HEADER_TIMEOUT_MS, () => fail('no PROXY header came from a trusted proxy'));
  socket.on('data', onData).on('error', onError).on('close', onClose).resume();
}
