import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { HttpServerOptions } from '../model/options.ts';
import { isForEverybody } from '../model/private-files.ts';
import type { HttpHandler } from './http-handler.ts';

/** Files of a directory, for everybody; `options` says which one at the moment. Playlists, segments and recordings are no such files. */
export function staticFiles(options: () => Pick<HttpServerOptions, 'dir' | 'serveRecordings'>): HttpHandler {
  return {
    async prepare(app: FastifyInstance) {
      const { default: fastifyStatic } = await import('@fastify/static');
      // Files are sent by name only: `find` decides about every one of them.
      await app.register(fastifyStatic, { serve: false });
    },
    async find({ path, directory }) {
      const { dir, serveRecordings } = options();
      if (dir === undefined || path.some((segment) => segment.startsWith('.'))) return undefined;
      const name = [...path, ...(directory ? ['index.html'] : [])].join('/');
      const file = await fileIn(resolve(dir), name);
      if (!file) return undefined;
      const served = await isForEverybody(join(dir, name), serveRecordings ? 'recording' : undefined);
      return served
        ? { send: (_http, reply) => reply.sendFile(file.name, file.root, { dotfiles: 'deny' }) }
        : undefined;
    },
  };
}

/** Where a file of a directory is, links followed; undefined if it is not there, or if a link leads out or to what is hidden. */
async function fileIn(
  directory: string,
  name: string,
): Promise<{ readonly root: string; readonly name: string } | undefined> {
  try {
    const root = await realpath(directory);
    const path = relative(root, await realpath(join(root, name)));
    const isInside = path.split(sep).every((part) => !part.startsWith('.'));
    return isInside && !isAbsolute(path) ? { root, name: path.split(sep).join('/') } : undefined;
  } catch {
    return undefined;
  }
}
