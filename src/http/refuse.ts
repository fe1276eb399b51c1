import type { FastifyReply } from 'fastify';
import type { Fault } from './playback-request.ts';

/** Says no, with a sentence, so that somebody who looks at it in a browser or with curl knows why. */
export function refuse(reply: FastifyReply, { status, message }: Fault): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/plain; charset=utf-8')
    .send(`${message}\n`);
}
