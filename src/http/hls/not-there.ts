import type { FastifyReply } from 'fastify';

/** Says that a stream is not there, and that it may come. */
export function notThere(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .headers({ 'retry-after': '2', 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('nobody publishes this stream, or it has no segment yet\n');
}
