import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import compress from '@fastify/compress';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Where the build puts the console, seen from here as from what is built of here. */
const CONSOLE = fileURLToPath(new URL('../../dist/console', import.meta.url));

/** How long a file may be kept whose name changes with its content, in milliseconds. */
const YEAR_MS = 31_536_000_000;

/** The console: its files, and its one page at every other address under `/console`, since the page reads the address. */
export async function consolePages(app: FastifyInstance): Promise<void> {
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/console/'));
  if (!existsSync(CONSOLE)) {
    app.get('/console', { schema: { hide: true } }, (_request, reply) =>
      reply.code(404).send({ error: 'The console has not been built: run "npm run build".' }),
    );
    return;
  }
  await app.register(
    async (files) => {
      await files.register(compress, { global: true });
      await files.register(fastifyStatic, {
        root: CONSOLE,
        wildcard: true,
        dotfiles: 'ignore',
        redirect: true,
        cacheControl: false,
        setHeaders: (response, path) => {
          const named = path.includes('/assets/');
          response.header(
            'cache-control',
            named ? `public, max-age=${YEAR_MS / 1000}, immutable` : 'no-cache',
          );
        },
      });
      files.setNotFoundHandler((request, reply) => {
        const isFile = /\.\w+$/.test(request.url.replace(/\?.*$/s, ''));
        if (isFile || request.method !== 'GET')
          return reply.code(404).send({ error: 'There is nothing at this address.' });
        return reply.sendFile('index.html');
      });
    },
    { prefix: '/console' },
  );
}
