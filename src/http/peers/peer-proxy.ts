import { once } from 'node:events';
import { access } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Dispatcher, Pool } from 'undici';
import type { Peers } from '../../model/shared-state.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import type { Answer } from '../http-handler.ts';
import { type Fault, refuse } from '../playback-request.ts';
import { type ForwardedRequest, forwardedHeaders } from './forwarded-request.ts';

/** Time in which an answer begins where a backend may be asked and a stream waited for, in milliseconds. */
export const NEWCOMER_FORWARD_TIMEOUT_MS = 60_000;

/** Parameters of a forwarded request. */
interface Passing {
  /** The process that is to answer it. */
  readonly node: string;
  readonly forwarded: ForwardedRequest;
  /** Time in which the answer has to begin, in milliseconds. */
  readonly timeoutMs: number;
  /** Answer if there is no such process any more. */
  readonly otherwise: Answer;
  /** Hears what was answered. */
  readonly done?: (forwarded: Forwarded) => void;
}

/** The other processes of the server, for the parts of the playback server. */
export class PeerServers {
  readonly #peers: Peers;
  readonly #proxy: PeerProxy;

  constructor(peers: Peers) {
    this.#peers = peers;
    this.#proxy = new PeerProxy(peers);
  }

  /** The name of this process. */
  get node(): string {
    return this.#peers.node;
  }

  /** The other process where a stream is on air, or was last. */
  placeOf(key: StreamKey): Promise<string | undefined> {
    return this.#peers.placeOf(key);
  }

  /** Calls back when a stream is on air in another process, now or later, until the returned function is called. */
  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void {
    return this.#peers.whenElsewhere(key, found);
  }

  /** Has another process answer. */
  answer({ node, forwarded, timeoutMs, otherwise, done }: Passing): Answer {
    return {
      send: async (http, reply) => {
        const answered = await this.#proxy.forward(node, forwarded, timeoutMs, http, reply);
        if (answered) {
          done?.(answered);
          return reply;
        }
        const fault = http.method === 'HEAD' ? undefined : await otherwise.admit?.(http);
        return fault ? refuse(reply, fault) : otherwise.send(http, reply);
      },
    };
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}

/** A worker that is in the middle of an answer has this long for its next bytes. */
const FORWARD_IDLE_TIMEOUT_MS = 10_000;

/** Time in which a worker takes a connection of another, in milliseconds. */
const FORWARD_CONNECT_TIMEOUT_MS = 5_000;

/** Workers that one worker has connections to. */
const MAX_PEERS = 256;

/** Requests that one worker has passed on to another and that are not answered to the end. */
export const MAX_FORWARDED = 1_000;

/** Request headers that are forwarded. All others, of the connection and of proxies, are for this process. */
const ASKED = [
  'accept-encoding',
  'host',
  'if-none-match',
  'if-range',
  'range',
  'referer',
  'user-agent',
] as const;

/** Response headers that are passed back. */
const ANSWERED = [
  'accept-ranges',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'retry-after',
  'vary',
] as const;

/** Outcome of a forwarded request. */
interface Forwarded {
  readonly status: number;
  /** Bytes of the body, as far as they were said before it. */
  readonly bytes: number;
}

/** Codes of errors that say that nobody listens at a socket, or that there is none. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT']);

/** Passes requests of viewers on to other processes of the server, and their answers back, byte by byte as they come. */
export class PeerProxy {
  readonly #peers: Peers;
  readonly #pools = new LRUCache<string, Pool>({
    max: MAX_PEERS,
    dispose: (pool) => void pool.close().catch(() => undefined),
  });

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /**
   * Has a process answer a request, which has `timeoutMs` to begin with it. Undefined if there is no such process any
   * more; nothing has been answered then. Whatever else goes wrong is answered with a sentence.
   */
  async forward(
    node: string,
    forwarded: ForwardedRequest,
    timeoutMs: number,
    http: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Forwarded | undefined> {
    const pool = await this.#pool(node);
    if (!pool) return undefined;
    if (pool.stats.size >= MAX_FORWARDED) return answerFault(reply, BUSY);
    const { raw } = http;
    const over = new AbortController();
    const gone = new AbortController();
    void once(raw.socket, 'close', { signal: over.signal }).then(
      () => gone.abort(),
      () => undefined,
    );
    if (raw.socket.destroyed) gone.abort();
    try {
      return send(
        reply,
        http.method,
        await pool.request({
          method: http.method === 'HEAD' ? 'HEAD' : 'GET',
          path: raw.url ?? '/',
          headers: { ...asked(http), ...forwardedHeaders(forwarded, this.#peers.token) },
          headersTimeout: timeoutMs,
          bodyTimeout: FORWARD_IDLE_TIMEOUT_MS,
          signal: gone.signal,
        }),
      );
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!NOBODY.has(code)) return answerFault(reply, /TIMEOUT/.test(code) ? SILENT : BROKEN);
      this.#pools.delete(node);
      return undefined;
    } finally {
      over.abort();
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    await Promise.all(pools.map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  /** The connections to a process, if it is one. */
  async #pool(node: string): Promise<Pool | undefined> {
    const known = this.#pools.get(node);
    if (known) return known;
    const socketPath = this.#peers.socketOf(node);
    const isThere = await access(socketPath).then(
      () => true,
      () => false,
    );
    if (!isThere) return undefined;
    const { Pool } = await import('undici');
    const made =
      this.#pools.get(node) ??
      new Pool('http://peer', {
        socketPath,
        connections: MAX_FORWARDED,
        connect: { timeout: FORWARD_CONNECT_TIMEOUT_MS },
      });
    this.#pools.set(node, made);
    return made;
  }
}

function asked({ headers }: FastifyRequest): Record<string, string> {
  const said: Record<string, string> = {};
  for (const name of ASKED) {
    const value = headers[name];
    if (typeof value === 'string') said[name] = value;
  }
  return said;
}

function send(
  reply: FastifyReply,
  method: string,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Forwarded {
  reply.code(statusCode);
  for (const name of ANSWERED) {
    const value = headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  reply.send(body);
  const bytes = method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0);
  return { status: statusCode, bytes };
}

function answerFault(reply: FastifyReply, fault: Fault): Forwarded {
  refuse(reply, fault);
  return { status: fault.status, bytes: 0 };
}

const BUSY: Fault = {
  ok: false,
  status: 503,
  message: 'the worker that has this stream is overloaded: try again',
};

const BROKEN: Fault = {
  ok: false,
  status: 502,
  message: 'the worker that has this stream exited: try again',
};

const SILENT: Fault = {
  ok: false,
  status: 504,
  message: 'the worker that has this stream does not respond: try again',
};
