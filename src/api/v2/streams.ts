import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { RequestError, type ServerControl } from '../../model/control.ts';
import type { ServerStats } from '../../model/stats.ts';
import { streamId } from '../../model/stream-key.ts';
import { clientBody, streamBody, type UrlDeps } from '../present.ts';
import { FAULT, KICKED, NAMED } from '../schemas/common.ts';
import { CLIENT_QUERY, CLIENTS, KICK_QUERY, STREAM, STREAMS } from '../schemas/streams.ts';

/** Streams and clients: to be seen, and to be shown out. */
export function streamRoutes(control: ServerControl): FastifyPluginCallbackZod {
  const { stats } = control;
  const deps = (host: string | undefined): UrlDeps => ({
    host: host ?? 'localhost',
    listening: control.listening(),
    vhosts: control.vhosts(),
  });
  return (app, _options, done) => {
    app.get(
      '/streams',
      {
        schema: {
          tags: ['streams'],
          summary: 'Streams that are published or played',
          response: { 200: STREAMS },
        },
      },
      async ({ headers }) => {
        const { streams } = await stats.collectStats({});
        return { streams: streams.map((stream) => streamBody(stream, deps(headers.host))) };
      },
    );

    app.get(
      '/streams/:id',
      {
        schema: {
          tags: ['streams'],
          summary: 'One stream',
          params: NAMED,
          response: { 200: STREAM, 404: FAULT },
        },
      },
      async ({ params, headers }) => {
        const stream = findStream(await stats.collectStats({}), params.id);
        return streamBody(stream, deps(headers.host));
      },
    );

    app.delete(
      '/streams/:id',
      {
        schema: {
          tags: ['streams'],
          summary: 'Show its publisher out',
          params: NAMED,
          response: { 200: KICKED, 404: FAULT },
        },
      },
      async ({ params: { id } }) => {
        const kicked = await stats.kick({ stream: id, role: 'publish' });
        if (kicked === 0) throw new RequestError('unknown', `Nobody publishes a stream with the id ${id}.`);
        return { kicked };
      },
    );

    app.get(
      '/clients',
      {
        schema: {
          tags: ['clients'],
          summary: 'Clients, in the order in which they came',
          querystring: CLIENT_QUERY,
          response: { 200: CLIENTS, 400: FAULT },
        },
      },
      async ({ query }) => {
        const { clients, matching } = await stats.collectStats({ clients: query });
        return { clients: clients.map(clientBody), total: matching };
      },
    );

    app.delete(
      '/clients/:id',
      {
        schema: {
          tags: ['clients'],
          summary: 'Show a client out',
          params: NAMED,
          response: { 200: KICKED, 404: FAULT },
        },
      },
      async ({ params: { id } }) => {
        const kicked = await stats.kick({ id });
        if (kicked === 0) throw new RequestError('unknown', `There is no client ${id} (any more).`);
        return { kicked };
      },
    );

    app.delete(
      '/clients',
      {
        schema: {
          tags: ['clients'],
          summary: 'Show out all clients of a stream or an address',
          querystring: KICK_QUERY,
          response: { 200: KICKED, 400: FAULT },
        },
      },
      async ({ query }) => ({ kicked: await stats.kick(query) }),
    );
    done();
  };
}

function findStream({ streams }: ServerStats, id: string) {
  const stream = streams.find(({ key }) => streamId(key) === id);
  if (!stream) throw new RequestError('unknown', `There is no stream with the id ${id} (any more).`);
  return stream;
}
