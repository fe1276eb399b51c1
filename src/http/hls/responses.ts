import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LivePlaylist, MediaFile } from '../../hls/live-playlist.ts';
import { masterPlaylistText, relativeUri } from '../../hls/playlist.ts';
import { type Part, readStored } from '../../hls/segment-store.ts';
import type { Answer } from '../http-handler.ts';
import { type Fault, type PlaybackRequest, refuse } from '../playback-request.ts';
import { PlaylistCache, type PlaylistTemplate } from './playlist-template.ts';
import type { HlsSession } from './sessions.ts';

/** Sends something and says how many bytes that were. */
export type Sender = (http: FastifyRequest, reply: FastifyReply) => number | Promise<number>;

/** Playlists and segments of this process's streams, as they are sent to viewers. */
export class StreamFiles {
  readonly #playlists = new PlaylistCache();

  /** File at a path for a viewer with this session; undefined if the stream has none there. */
  at(playlist: LivePlaylist | undefined, path: string, ctx: string, query: string): Sender | undefined {
    if (playlist && path === playlist.path) return this.media(playlist, ctx, query);
    const file = playlist?.fileAt(path);
    return file && ((http, reply) => sendFile(http, reply, file, 'private'));
  }

  /** The media playlist, for a viewer with this session or without any. */
  media(playlist: LivePlaylist, ctx: string | undefined, query: string): Sender {
    return (http, reply) => {
      const ctxLength = playlist.options.tsCtx && ctx !== undefined ? ctx.length : 0;
      const form = this.#playlists.of(playlist, { ctxLength, vhost: namedVhost(playlist, query) });
      if (form) return sendPlaylist(http, reply, form, ctx, playlist.version);
      notThere(reply);
      return 0;
    };
  }

  /** The playlist that leads a new viewer to the media playlist; undefined while there is none. */
  master(playlist: LivePlaylist | undefined, ctx: string, request: PlaybackRequest): Sender | undefined {
    const variant = playlist?.variant;
    if (!playlist || !variant) return undefined;
    const text = masterPlaylistText(variant, playlistUri(request, playlist.path, ctx));
    return (http, reply) => {
      sendMaster(http, reply, text);
      return 0;
    };
  }
}

/** The URI by which a request leads on to a media playlist, with the id of a session. */
export function playlistUri({ path, query }: PlaybackRequest, playlist: string, ctx: string): string {
  return `${relativeUri(path.join('/'), playlist)}?hls_ctx=${ctx}${query === '' ? '' : `&${query}`}`;
}

/** The vhost that has to be in the URIs of a playlist: one that its own URL names in the query. */
function namedVhost({ key: { vhost } }: LivePlaylist, query: string): string {
  return /(?:^|&)(?:vhost|domain)=/.test(query) && /^[\w.:-]+$/.test(vhost) ? vhost : '';
}

const HEADERS = {
  'content-type': 'application/vnd.apple.mpegurl',
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
};

/** Sends a media playlist with the id of a session in it, if it has one, and says how many bytes that were. */
export function sendPlaylist(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  form: PlaylistTemplate,
  ctx: string | undefined,
  version: number,
): number {
  const tag = `W/"${version}"`;
  reply.headers({ ...HEADERS, etag: tag });
  if (headers['if-none-match'] === tag) {
    reply.code(304).send();
    return 0;
  }
  const packed = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  const body = packed ? form.gzip(ctx ?? '') : form.plain(ctx ?? '');
  if (packed) reply.header('content-encoding', 'gzip');
  reply.header('content-length', body.length);
  reply.send(body);
  return method === 'HEAD' ? 0 : body.length;
}

/** Sends a master playlist, which is its viewer's alone. */
export function sendMaster({ method }: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  reply.headers({ 'content-type': HEADERS['content-type'], 'cache-control': 'no-store' });
  return method === 'HEAD' ? reply.send() : reply.send(text);
}

const TYPES: Readonly<Record<string, string>> = {
  ts: 'video/mp2t',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
};

/** Codes of errors that say that the process, or the machine, may open no more files. */
const OUT_OF_FILES: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE']);

const BUSY: Fault = { ok: false, status: 503, message: 'the server has too many open files: try again' };

/** Sends a file that never changes, or the part that is asked for, and says how many bytes that were. `scope` says who may keep it. */
export async function sendFile(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  { path, stored, bytes }: MediaFile,
  scope: 'public' | 'private',
): Promise<number> {
  const tag = `"${path.slice(path.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '_')}-${bytes}"`;
  reply.headers({
    'content-type': TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'cache-control': `${scope}, max-age=3600, immutable`,
    'accept-ranges': 'bytes',
    etag: tag,
  });
  if (headers['if-none-match'] === tag) {
    reply.code(304).send();
    return 0;
  }
  const range = headers['if-range'] === undefined || headers['if-range'] === tag ? headers.range : undefined;
  const part = parseRange(range, bytes);
  if (part === 'impossible') {
    reply.code(416).header('content-range', `bytes */${bytes}`).send();
    return 0;
  }
  const length = part ? part.end - part.start + 1 : bytes;
  reply.header('content-length', length);
  if (part) reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${bytes}`);
  if (method === 'HEAD') {
    // An empty stream leaves the length as it is.
    reply.send(Readable.from([]));
    return 0;
  }
  try {
    reply.send(await readStored(stored, part));
  } catch (error) {
    for (const name of ['content-length', 'content-range', 'accept-ranges', 'etag']) reply.removeHeader(name);
    if (OUT_OF_FILES.has((error as NodeJS.ErrnoException).code)) refuse(reply, BUSY);
    // Somebody else has removed it.
    else reply.code(404).header('cache-control', 'no-store').send();
    return 0;
  }
  return length;
}

/**
 * The part of a file of `size` bytes that a Range header asks for (RFC 9110 14.2); undefined for the whole, which is also
 * the answer to several parts and to what cannot be read.
 */
export function parseRange(header: string | undefined, size: number): Part | 'impossible' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'impossible' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (start >= size) return 'impossible';
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return end < start ? undefined : { start, end };
}

/** Answers 404 for a stream that is not there and may come. */
export function notThere(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .headers({ 'retry-after': '2', 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('nobody publishes this stream, or it has no segment yet\n');
}

/** Answer that refuses with a fault. */
export function faulty(fault: Fault): Answer {
  return {
    admit: () => Promise.resolve(fault),
    // For a HEAD.
    send: (_http, reply) => reply.code(fault.status).header('cache-control', 'no-store').send(),
  };
}

/** Sends, for whoever does not count. */
export function answered(sender: Sender): Answer['send'] {
  return async (http, reply) => {
    await sender(http, reply);
    return reply;
  };
}

/** Sends, and tells the session what it got. */
export function counted(session: Pick<HlsSession, 'served'>, sender: Sender): Answer['send'] {
  return async (http, reply) => {
    session.served(await sender(http, reply));
    return reply;
  };
}

/** An answer that is found out about once it is needed. */
export function later(find: () => Answer | Promise<Answer>): Answer {
  let found: Answer | undefined;
  const answer = async () => {
    found ??= await find();
    return found;
  };
  return {
    admit: async (http) => (await answer()).admit?.(http),
    send: async (http, reply) => (await answer()).send(http, reply),
  };
}
