import fastifyStatic from '@fastify/static';
import fastify from 'fastify';

/** A server of nothing but the files of a directory: `static-files.ts PORT DIRECTORY`. Prints `ready` when it listens. */
const [, , port = '', root = ''] = process.argv;
const app = fastify({ logger: false });
await app.register(fastifyStatic, { root, cacheControl: false });
await app.listen({ port: Number(port), host: '127.0.0.1' });
process.stdout.write('ready\n');
