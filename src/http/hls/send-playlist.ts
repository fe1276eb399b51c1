import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PlaylistTemplate } from './playlist-template.ts';

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
