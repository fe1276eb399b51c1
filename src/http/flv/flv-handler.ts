import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdmittedPlayer } from '../../clients/admit-player.ts';
import type { ClientRegistry } from '../../clients/client-registry.ts';
import { PlaySession } from '../../clients/play-session.ts';
import { STREAM_OVER } from '../../clients/refusal.ts';
import type { Address } from '../../model/address.ts';
import type { Answer, HttpHandler } from '../http-handler.ts';
import { type Fault, type PlaybackRequest, streamAddress } from '../playback-request.ts';
import { admitViewer, playRequest } from '../viewer.ts';
import { FlvPlayer } from './flv-player.ts';
import { CHUNKED, type Framing, PLAIN, WEBSOCKET } from './flv-serializer.ts';

/** Live streams as FLV, over HTTP and over WebSocket, where `http_remux` mounts them. */
export function liveFlv(clients: ClientRegistry): HttpHandler {
  return {
    find(request) {
      const { enabled, mount } = request.vhost.httpRemux;
      const named = enabled && !request.directory ? matchMount(mount, request.path) : undefined;
      const address = named && streamAddress(request, named);
      return address && answerFor(clients, request, address);
    },
  };
}

interface Viewing {
  readonly transport: FlvPlayer;
  readonly viewer: PlaySession;
  readonly player: AdmittedPlayer;
}

function answerFor(clients: ClientRegistry, request: PlaybackRequest, address: Address): Answer {
  const { vhost } = request;
  let viewing: Viewing | undefined;
  const start = () => {
    if (!viewing) return;
    const { transport, viewer, player } = viewing;
    viewer.started();
    transport.play(clients.hub, player.key, vhost, {
      drop: () => viewer.kick('slow', 'the player fell too far behind the stream'),
      end: () => viewer.kick('unpublish', STREAM_OVER),
    });
  };
  return {
    endless: true,
    async admit(http) {
      const outcome = await admit(clients, request, address, http);
      if ('ok' in outcome) return outcome;
      viewing = outcome;
      return undefined;
    },
    send(http, reply) {
      if (http.method === 'HEAD') return reply.headers(HEADERS).send();
      sendHead(http, reply);
      return start();
    },
    converse(_http, websocket) {
      if (!viewing) return;
      const { transport, viewer } = viewing;
      transport.upgraded(websocket, (why) => viewer.kick('protocol_error', why));
      start();
    },
  };
}

/** Has the backend asked. Whatever becomes of the socket ends the viewer. */
async function admit(
  clients: ClientRegistry,
  request: PlaybackRequest,
  address: Address,
  http: FastifyRequest,
): Promise<Viewing | Fault> {
  const { socket } = http.raw;
  const transport = new FlvPlayer(socket, framingFor(http), clients.clock);
  const viewer = new PlaySession(clients, playRequest(request, address), transport);
  socket.once('close', () => {
    transport.leave();
    viewer.end('client');
  });
  const outcome = await admitViewer(viewer, () => ({
    ok: false,
    status: 503,
    message: transport.closedWhy ?? 'the client has gone',
  }));
  return 'ok' in outcome ? outcome : { transport, viewer, player: outcome };
}

function framingFor({ ws, raw }: FastifyRequest): Framing {
  if (ws) return WEBSOCKET;
  return raw.httpVersion === '1.1' ? CHUNKED : PLAIN;
}

const HEADERS = { 'content-type': 'video/x-flv', 'cache-control': 'no-store', connection: 'close' };

/** Writes the head and leaves the socket to the media, which brings its chunks along. */
function sendHead({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  // An answer before this one is still on its way: its bytes and these must not mix.
  if (reply.raw.socket !== raw.socket) {
    raw.socket.destroy();
    return;
  }
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...HEADERS })) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.flushHeaders();
}

/** App and stream that a path names, where streams are mounted. */
export interface Mounted {
  readonly app: string;
  readonly stream: string;
}

/**
 * The app and the stream of a path under a mount such as `/[app]/[stream].flv`; undefined if it is no such path. An app
 * may be several segments.
 */
export function matchMount(mount: string, path: readonly string[]): Mounted | undefined {
  const pattern = mount.split('/').filter((segment) => segment !== '');
  const [before = '', after = ''] = pattern.pop()?.split('[stream]') ?? [];
  const at = pattern.indexOf('[app]');
  const head = pattern.slice(0, at);
  const tail = pattern.slice(at + 1);
  const folders = path.slice(0, -1);
  const apps = folders.slice(head.length, folders.length - tail.length);
  const name = path.at(-1) ?? '';
  const fits =
    apps.length > 0 &&
    head.every((segment, index) => segment === folders[index]) &&
    tail.every((segment, index) => segment === folders[folders.length - tail.length + index]) &&
    name.length > before.length + after.length &&
    name.startsWith(before) &&
    name.endsWith(after);
  if (!fits) return undefined;
  return { app: apps.join('/'), stream: name.slice(before.length, name.length - after.length) };
}
