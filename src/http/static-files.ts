import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { HttpServerOptions } from '../model/options.ts';
import { isForEverybody } from '../model/private-files.ts';
import type { PlaybackPart } from './playback-part.ts';

/** Files of a directory, for everybody; `options` says which one at the moment. Playlists, segments and recordings are no such files. */
export function staticFiles(options: () => Pick<HttpServerOptions, 'dir' | 'serveRecordings'>): PlaybackPart {
  return {
    async prepare(app: FastifyInstance) {
      const { default: fastifyStatic } = await import('@fastify/static');
      // Files are sent by name only: `find` decides about every one of them.
      await app.register(fastifyStatic, { serve: false });
    },
    find({ path, directory }) {
      const { dir, serveRecordings } = options();
      if (dir === undefined || path.some((segment) => segment.startsWith('.'))) return undefined;
      const name = [...path, ...(directory ? ['index.html'] : [])].join('/');
      const root = resolve(dir);
      return isForEverybody(join(root, name), serveRecordings ? 'recording' : undefined).then((served) =>
        served ? { send: (_http, reply) => reply.sendFile(name, root, { dotfiles: 'deny' }) } : undefined,
      );
    },
  };
}
