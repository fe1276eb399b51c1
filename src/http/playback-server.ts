import { realpath } from 'node:fs/promises';
import type { ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClientRegistry } from '../clients/client-registry.ts';
import { LINGER_MS } from '../clients/connected-client.ts';
import { networkMatcher } from '../model/ip.ts';
import type { HttpServerOptions } from '../model/options.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import { isForEverybody } from '../model/private-files.ts';
import { AddressBound, excusePauses } from './connections.ts';
import type { Answer, HttpHandler, SharedApi } from './http-handler.ts';
import { readForwardedRequest } from './peers/forwarded-request.ts';
import {
  type Fault,
  faultOfHead,
  type PlaybackRequest,
  readPlaybackRequest,
  refuse,
} from './playback-request.ts';

/** Bytes of a message from a viewer over WebSocket, who has nothing to say. */
const MAX_VIEWER_MESSAGE_BYTES = 1_024;

/** Bytes of a request's body; there is nothing to say there. */
const MAX_PLAYBACK_BODY_BYTES = 1_024;

/** Bytes of a request's line and headers together. */
const MAX_HEADER_BYTES = 16_384;

/** A connection on which nothing is asked any more, in milliseconds: HLS players ask every few seconds. */
const KEEP_ALIVE_TIMEOUT_MS = 60_000;

/** Time that it has for the whole request. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Time that a client has to send the head of a request, from the connection or from its last request's answer on. */
const HEADERS_TIMEOUT_MS = 10_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** Handler's answer; set once the request is authorized. */
    playback: Answer | null;
  }
}

const CROSSDOMAIN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'Content-Length, Content-Range',
  'access-control-max-age': '86400',
};

/** Timeouts of clients, in milliseconds. */
export interface Patience {
  /** For the head of a request. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  /** Until the next request. */
  readonly idleMs: number;
  /** Interval at which requests are checked for these timeouts. */
  readonly lookMs: number;
}

const PATIENCE: Patience = {
  headersMs: HEADERS_TIMEOUT_MS,
  requestMs: REQUEST_TIMEOUT_MS,
  idleMs: KEEP_ALIVE_TIMEOUT_MS,
  lookMs: 1_000,
};

/**
 * The server for players over HTTP. It takes sockets and does not listen; what it serves is in its parts, which are asked
 * in their order, and after them in the directory of static files.
 */
export class PlaybackServer {
  readonly #clients: ClientRegistry;
  readonly #app: FastifyInstance;
  readonly #parts: readonly HttpHandler[];
  #api: SharedApi | undefined;
  /** Addresses of clients, where a PROXY header may have said another one than the socket does. */
  readonly #peers = new WeakMap<Socket, string>();
  /** The token that counts on the connections of other processes of the server. */
  readonly #tokens = new WeakMap<Socket, string>();
  readonly #sockets = new Set<Socket>();
  /** Sockets that serve one endless answer. */
  readonly #taken = new WeakSet<Socket>();
  readonly #bound: AddressBound;
  #options: HttpServerOptions;
  #isTrusted: (ip: string) => boolean;

  private constructor(
    clients: ClientRegistry,
    options: HttpServerOptions,
    parts: readonly HttpHandler[],
    app: FastifyInstance,
  ) {
    this.#clients = clients;
    this.#app = app;
    this.#options = options;
    this.#isTrusted = networkMatcher(options.trusted);
    this.#bound = new AddressBound(clients, options, this.#isTrusted);
    clients.whenFull(() => this.#bound.giveWay());
    this.#parts = [...parts, staticFiles(() => this.#options)];
  }

  /** Loads what it takes to speak HTTP and is ready for sockets. */
  static async open(
    clients: ClientRegistry,
    options: HttpServerOptions,
    parts: readonly HttpHandler[],
    patience: Patience = PATIENCE,
  ): Promise<PlaybackServer> {
    const { default: fastify } = await import('fastify');
    const http: ServerOptions = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: patience.headersMs,
      connectionsCheckingInterval: patience.lookMs,
    };
    const app = fastify({
      http,
      requestTimeout: patience.requestMs,
      keepAliveTimeout: patience.idleMs,
      bodyLimit: MAX_PLAYBACK_BODY_BYTES,
      forceCloseConnections: 'idle',
      frameworkErrors: (error, _request, reply) => void answerError(error, reply),
    });
    const server = new PlaybackServer(clients, options, parts, app);
    await server.#build();
    return server;
  }

  /** Prepares new options, in force from the commit on. Throws if a network is none. */
  prepare(options: HttpServerOptions): PreparedChange {
    const isTrusted = networkMatcher(options.trusted);
    return changeBy(() => {
      this.#options = options;
      this.#isTrusted = isTrusted;
      this.#bound.applyOptions(options, isTrusted);
    });
  }

  /** Leaves to the API what it claims. */
  share(api: SharedApi): void {
    this.#api = api;
  }

  /** Takes the socket of a client at `ip`, paused or not. */
  enter(socket: Socket, ip: string): void {
    const uncount = this.#clients.countConnection();
    if (!this.#bound.enter(socket, ip, uncount)) {
      uncount();
      socket.destroy();
      return;
    }
    this.#peers.set(socket, ip);
    socket.setNoDelay(true);
    this.#serve(socket);
  }

  /** Takes the socket of another process of the server, which passes requests on; it is no client's. */
  acceptPeer(socket: Socket, token: string): void {
    this.#tokens.set(socket, token);
    this.#serve(socket);
  }

  /** Ends all connections, after what has been written to them. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroySoon();
    const linger = this.#clients.clock.after(LINGER_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await this.#app.close();
    linger.clear();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#app.server.emit('connection', socket);
    socket.resume();
  }

  async #build(): Promise<void> {
    const app = this.#app;
    const { default: websocket } = await import('@fastify/websocket');
    await app.register(websocket, {
      // The handler of a viewer answers its pings too, and no more of them than it reads.
      options: { perMessageDeflate: false, maxPayload: MAX_VIEWER_MESSAGE_BYTES, autoPong: false },
      // Messages of a viewer are of no interest, and its handler listens for its end.
      errorHandler: (_error, socket) => socket.terminate(),
    });
    for (const part of this.#parts) await part.prepare?.(app);
    app.setErrorHandler((error: FastifyError, _request, reply) => answerError(error, reply));
    app.setNotFoundHandler((request, reply) => this.#notFound(request, reply));
    app.decorateRequest('playback', null);
    app.addHook('onRequest', async (request, reply) => {
      this.#bound.asked(request.raw.socket);
      this.#leaveToApi(request, reply);
    });
    app.addHook('onRequest', async ({ raw }, reply) => {
      if (this.#options.crossdomain) reply.headers(CROSSDOMAIN);
      const fault = faultOfHead(raw, MAX_PLAYBACK_BODY_BYTES);
      return fault && refuse(reply.header('connection', 'close'), fault);
    });
    app.addHook('onResponse', async ({ raw: { socket } }) => {
      if (!this.#taken.has(socket)) this.#bound.answered(socket);
    });
    app.route({
      method: 'GET',
      url: '*',
      onRequest: (request, reply) => this.#admit(request, reply),
      handler: (request, reply) => request.playback?.send(request, reply),
      wsHandler: (socket, request) => request.playback?.converse?.(request, socket),
    });
    app.options('*', (_request, reply) => reply.code(204).send());
    await app.ready();
    excusePauses(app.server, this.#clients.clock);
    // Node looks after slow requests from the moment at which a server listens; this one never does.
    app.server.emit('listening');
  }

  /** Before anything is read of the body, and any header set. */
  #leaveToApi({ raw, ws }: FastifyRequest, reply: FastifyReply): void {
    const { socket, url = '' } = raw;
    if (ws || this.#taken.has(socket) || !this.#api?.claims(url, socket.localPort)) return;
    const ip = this.#peers.get(socket);
    // Other processes of the server want streams.
    if (ip === undefined) return;
    reply.hijack();
    this.#api.handle(raw, reply.raw, ip);
  }

  /** Finds out what is wanted and whether it may be; answers what may not. */
  async #admit(http: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { socket } = http.raw;
    if (this.#taken.has(socket)) {
      // The answer would end up in the middle of the media.
      reply.hijack();
      return socket.destroy();
    }
    if (http.ws && !isWebSocketHandshake(http)) return refuse(reply, NO_WEBSOCKET);
    const token = this.#tokens.get(socket);
    const forwarded = token === undefined ? undefined : readForwardedRequest(http.headers, token);
    if (token !== undefined && !forwarded) return refuse(reply, NO_NEIGHBOUR);
    const peer = this.#peers.get(socket) ?? '';
    const reading = readPlaybackRequest(http.raw, peer, this.#isTrusted, this.#clients.snapshot, forwarded);
    if (!reading.ok) return refuse(reply, reading);
    const found = this.#find(reading.request);
    // Waited for only where that has to be: the order of what comes over one connection stays as it is.
    const answer = found instanceof Promise ? await found : found;
    if (!answer || (http.ws && !answer.converse)) return this.#notFound(http, reply);
    http.playback = answer;
    if (http.method === 'HEAD') return undefined;
    if (!answer.endless) {
      const fault = await answer.admit?.(http);
      return fault && refuse(reply, fault);
    }
    const leave = this.#bound.watch(reading.request.ip);
    if (!leave) return refuse(reply, TOO_MANY);
    this.#taken.add(socket);
    socket.once('close', leave);
    const fault = await answer.admit?.(http);
    if (!fault) return undefined;
    socket.off('close', leave);
    leave();
    this.#taken.delete(socket);
    return refuse(reply, fault);
  }

  #find(request: PlaybackRequest): ReturnType<HttpHandler['find']> {
    for (const part of this.#parts) {
      const answer = request.forwarded && !part.acceptsForwarded ? undefined : part.find(request);
      if (answer) return answer;
    }
    return undefined;
  }

  #notFound({ method }: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (method === 'GET' || method === 'HEAD') {
      return refuse(reply, { ok: false, status: 404, message: 'not found' });
    }
    reply.header('allow', 'GET, HEAD, OPTIONS');
    return refuse(reply, {
      ok: false,
      status: 405,
      message: 'method not allowed: use GET, HEAD or OPTIONS',
    });
  }
}

const NO_WEBSOCKET: Fault = {
  ok: false,
  status: 400,
  message: 'a connection can be upgraded only to WebSocket version 13',
};

const TOO_MANY: Fault = {
  ok: false,
  status: 429,
  message: 'connection limit of your address reached (max_connections_per_address)',
};

const NO_NEIGHBOUR: Fault = {
  ok: false,
  status: 403,
  message: 'this socket is for worker processes only',
};

/** Checks the handshake's headers (RFC 6455, 4.2.1), so that no hook is called for one that will fail. */
function isWebSocketHandshake({ headers }: FastifyRequest): boolean {
  const { upgrade, 'sec-websocket-version': version, 'sec-websocket-key': key } = headers;
  return upgrade?.toLowerCase() === 'websocket' && version === '13' && /^[+/\w]{22}==$/.test(key ?? '');
}

function answerError(error: FastifyError, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  const message = status < 500 ? error.message : 'the server could not answer this';
  return refuse(reply, { ok: false, status, message });
}

/** Files of a directory, for everybody; `options` says which one at the moment. Playlists, segments and recordings are no such files. */
export function staticFiles(options: () => Pick<HttpServerOptions, 'dir' | 'serveRecordings'>): HttpHandler {
  return {
    async prepare(app: FastifyInstance) {
      const { default: fastifyStatic } = await import('@fastify/static');
      // Files are sent by name only: `find` decides about every one of them.
      await app.register(fastifyStatic, { serve: false });
    },
    async find({ path, directory }) {
      const { dir, serveRecordings } = options();
      if (dir === undefined || path.some((segment) => segment.startsWith('.'))) return undefined;
      const name = [...path, ...(directory ? ['index.html'] : [])].join('/');
      const file = await fileIn(resolve(dir), name);
      if (!file) return undefined;
      const served = await isForEverybody(join(dir, name), serveRecordings ? 'recording' : undefined);
      return served
        ? { send: (_http, reply) => reply.sendFile(file.name, file.root, { dotfiles: 'deny' }) }
        : undefined;
    },
  };
}

/** Path of a file in a directory, links followed; undefined if it is not there, or if a link leads out or to what is hidden. */
async function fileIn(
  directory: string,
  name: string,
): Promise<{ readonly root: string; readonly name: string } | undefined> {
  try {
    const root = await realpath(directory);
    const path = relative(root, await realpath(join(root, name)));
    const isInside = path.split(sep).every((part) => !part.startsWith('.'));
    return isInside && !isAbsolute(path) ? { root, name: path.split(sep).join('/') } : undefined;
  } catch {
    return undefined;
  }
}
