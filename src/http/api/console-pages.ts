import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Where `npm run build` puts the console; the same from src and from dist. */
const ROOT = fileURLToPath(new URL('../../../dist/console', import.meta.url));

/** The console below /console: its files, and at every other address the page that finds out what to show there. */
export async function consolePages(app: FastifyInstance): Promise<void> {
  if (!existsSync(ROOT)) {
    app.get('/console', (_request, reply) =>
      reply.code(404).send({ error: 'The console has not been built: run "npm run build".' }),
    );
    return;
  }
  await app.register(
    async (pages) => {
      await pages.register(fastifyStatic, {
        root: ROOT,
        index: false,
        cacheControl: false,
        setHeaders: keep,
      });
      pages.get('/', (_request, reply) => reply.sendFile('index.html'));
      pages.setNotFoundHandler((_request, reply) => reply.sendFile('index.html'));
    },
    { prefix: '/console' },
  );
}

/** What has a hash in its name never changes. */
function keep(reply: FastifyReply, path: string): void {
  const forEver = path.includes('/assets/');
  reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
}
