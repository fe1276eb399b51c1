import { Readable } from 'node:stream';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { RequestError, type ServerControl } from '../../model/control.ts';
import { listed } from '../hook-routes.ts';
import { FAULT, NAMED } from '../schemas/common.ts';
import { DELIVERIES, DELIVERY, DELIVERY_QUERY, HOOKS, type HooksBody } from '../schemas/hooks.ts';

/** Routes of deliveries and of the health of backends. */
export function hookRoutes(control: ServerControl): FastifyPluginCallbackZod {
  const { hooks } = control;
  return (app, _options, done) => {
    app.get(
      '/deliveries',
      {
        schema: {
          tags: ['hooks'],
          summary: 'The newest requests to backends, with their answers, the oldest of them first',
          querystring: DELIVERY_QUERY,
          response: { 200: DELIVERIES, 400: FAULT },
        },
      },
      ({ query }, reply) => {
        const { limit, ...filter } = query;
        const list = hooks.deliveries.list(filter, limit);
        // Masking takes time: a stream gives the media its turn in between.
        void reply.type('application/json; charset=utf-8').send(Readable.from(listed(list)) as never);
      },
    );

    app.get(
      '/deliveries/:id',
      {
        schema: {
          tags: ['hooks'],
          summary: 'One of them',
          params: NAMED,
          response: { 200: DELIVERY, 404: FAULT },
        },
      },
      ({ params: { id } }) => {
        const delivery = hooks.deliveries.find(id);
        if (!delivery) throw new RequestError('unknown', `The journal has no delivery ${id} (any more).`);
        return delivery;
      },
    );

    app.post(
      '/deliveries/:id/replay',
      {
        schema: {
          tags: ['hooks'],
          summary: 'Send an event again; the answer decides about nobody any more',
          params: NAMED,
          response: { 200: DELIVERY, 404: FAULT, 409: FAULT },
        },
      },
      ({ params: { id } }) => hooks.replay(id),
    );

    app.get(
      '/hooks',
      {
        schema: { tags: ['hooks'], summary: 'How each URL fares, and what waits', response: { 200: HOOKS } },
      },
      () => hooksBody(control),
    );
    done();
  };
}

/** The hooks as `/api/v2` shows them. */
export function hooksBody({ health, hooks }: Pick<ServerControl, 'health' | 'hooks'>): HooksBody {
  return { urls: health(), outbox: hooks.outbox() };
}
