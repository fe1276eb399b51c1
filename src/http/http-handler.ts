import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, PlaybackRequest } from './playback-request.ts';

/** Answer to one request. */
export interface Answer {
  /** True if the connection serves nothing else from its question on: whoever asks more over it is cut off. */
  readonly endless?: boolean;
  /** Asks whether it may be; a fault is what the client gets instead. Nothing has been sent until this settles. */
  admit?(http: FastifyRequest): Promise<Fault | undefined>;
  /** Answers over HTTP. A HEAD comes here too, without having been asked about. */
  send(http: FastifyRequest, reply: FastifyReply): unknown;
  /** Answers over a WebSocket; left out where there is nothing to say over one. */
  converse?(http: FastifyRequest, socket: WebSocket): void;
}

/** A part of the playback server: knows its own paths, which vhosts may have made up, and answers them. */
export interface HttpHandler {
  /** Adds plugins and decorators that its answers need; routes it has none. */
  prepare?(app: FastifyInstance): Promise<void>;
  /** True if it answers what another process of the server passes on, too. */
  readonly acceptsForwarded?: boolean;
  /** Undefined if the request is for none of its paths. */
  find(request: PlaybackRequest): Answer | undefined | Promise<Answer | undefined>;
}

/** The control API where it has the ports of the playback server. */
export interface SharedApi {
  /** True if a request that came in at a port is for the API: for one of its paths, at one of its ports. */
  claims(path: string, port: number | undefined): boolean;
  /** Answers a request of the client at `ip`. */
  handle(request: IncomingMessage, response: ServerResponse, ip: string): void;
}

/** Paths of the API; all others belong to the playback server. */
const PATHS = /^\/(?:api|console|metrics|healthz|readyz)(?:[/?]|$)/;

/** True for a path of the API, with its query. */
export function isApiPath(path: string): boolean {
  return PATHS.test(path);
}
