import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MediaFile } from '../../hls/live-playlist.ts';
import { type Part, readStored } from '../../hls/segment-store.ts';

const TYPES: Readonly<Record<string, string>> = {
  ts: 'video/mp2t',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
};

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
  } catch {
    // Somebody else has removed it.
    reply.code(404).removeHeader('content-length').send();
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
