import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { PlaybackPart } from './playback-part.ts';

/** What HLS serves, where it is on: to those who have a session, never to anybody who asks. */
const HLS_FILE = /\.(?:m3u8|ts|m4s|mp4)$/i;

/** Files of a directory, for everybody; `dir` says which one at the moment, undefined none. */
export function staticFiles(dir: () => string | undefined): PlaybackPart {
  return {
    async prepare(app: FastifyInstance) {
      const { default: fastifyStatic } = await import('@fastify/static');
      // Files are sent by name only: `find` decides about every one of them.
      await app.register(fastifyStatic, { serve: false });
    },
    find({ snapshot, path, directory }) {
      const root = dir();
      if (root === undefined || path.some((segment) => segment.startsWith('.'))) return undefined;
      const name = [...path, ...(directory ? ['index.html'] : [])].join('/');
      // Of whatever vhost: their files may be in the same directory, which has no vhosts.
      const hasHls = [...snapshot.vhosts.values()].some(({ hls }) => hls.enabled);
      if (hasHls && HLS_FILE.test(name)) return undefined;
      return { send: (_http, reply) => reply.sendFile(name, resolve(root), { dotfiles: 'deny' }) };
    },
  };
}
