import { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { FastifyError, FastifyPluginCallback, FastifyReply } from 'fastify';
import { z } from 'zod';
import { type Follower, type HookControl, RequestError } from '../model/control.ts';
import type { Delivery } from '../model/delivery.ts';
import { ACTIONS } from '../model/events.ts';

/** Deliveries that one request lists at most. */
export const MAX_LISTED = 10_000;

/** Deliveries that are masked in one turn of the event loop; between two such helpings the media has its turn. */
export const MAX_HELPING = 25;

/** The shortest time between two helpings of a follower, in milliseconds. What comes faster is missed, and counted. */
export const HELPING_PAUSE_MS = 50;

const FILTER = {
  vhost: z.string().optional(),
  event: z.enum(ACTIONS as [(typeof ACTIONS)[number]]).optional(),
  client: z.string().optional(),
  failed: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
};
const FOLLOW = z.strictObject(FILTER);
const LIST = z.strictObject({
  ...FILTER,
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(100),
});
const NAMED = z.object({ id: z.string().max(200) });

/** The one line of a stream of deliveries: a delivery, or how many went by unseen. */
const line = (value: object) => `${JSON.stringify(value)}\n`;

/**
 * Routes for the command line and Prometheus. Access is decided where they are mounted: they show what
 * backends are told and answer.
 */
export function hookRoutes(control: HookControl): FastifyPluginCallback {
  return (app, _options, done) => {
    app.setErrorHandler((error: FastifyError, _request, reply) => answerError(error, reply));

    app.get('/deliveries', (request, reply) => {
      const { limit, ...filter } = LIST.parse(request.query);
      const list = control.deliveries.list(filter, limit);
      return reply.type('application/json; charset=utf-8').send(Readable.from(listed(list)));
    });

    app.get('/deliveries/follow', (request, reply) => {
      const follower = control.deliveries.follow(FOLLOW.parse(request.query));
      if (!follower) throw new RequestError('impossible', 'Too many follow the deliveries already.');
      // Not the stream's end, which waits for the follower's.
      reply.raw.once('close', () => follower.close());
      return reply.type('application/x-ndjson').send(Readable.from(helpings(follower)));
    });

    app.get('/deliveries/:id', (request) => {
      const { id } = NAMED.parse(request.params);
      const delivery = control.deliveries.find(id);
      if (!delivery) throw new RequestError('unknown', `The journal has no delivery ${id} (any more).`);
      return delivery;
    });

    app.post('/deliveries/:id/replay', (request) => control.replay(NAMED.parse(request.params).id));

    app.get('/outbox', () => control.outbox());

    app.get('/metrics', async (_request, reply) => {
      const text = await control.metrics();
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
    });
    done();
  };
}

/** The text of a list of deliveries, made a helping a turn. */
export async function* listed(deliveries: Iterable<Delivery>): AsyncGenerator<string> {
  yield '{"deliveries":[';
  let count = 0;
  for (const delivery of deliveries) {
    yield `${count === 0 ? '' : ','}${JSON.stringify(delivery)}`;
    count++;
    if (count % MAX_HELPING === 0) await nextTurn();
  }
  yield ']}';
}

/** Lines of what a follower gets. They are made when the peer takes them, so one that is slow costs no memory. */
async function* helpings(follower: Follower): AsyncGenerator<string> {
  // At once, so that whoever follows knows that nothing escapes from here on.
  yield line({ missed: 0 });
  for (;;) {
    const helping = follower.takeDeliveries(MAX_HELPING);
    if (!helping) return;
    const { deliveries, missed } = helping;
    if (missed > 0) yield line({ missed });
    if (deliveries.length > 0) yield deliveries.map((delivery) => line({ delivery })).join('');
    if (deliveries.length > 0 || missed > 0) await pause(HELPING_PAUSE_MS);
    await follower.more();
  }
}

function answerError(error: FastifyError, reply: FastifyReply): FastifyReply {
  if (error instanceof RequestError)
    return reply.code(error.kind === 'unknown' ? 404 : 409).send({ error: error.message });
  if (error instanceof z.ZodError) {
    const faults = error.issues.map(({ path, message }) => [...path, message].join(': '));
    return reply.code(400).send({ error: faults.join('; ') });
  }
  const status = error.statusCode ?? 500;
  return reply.code(status).send({ error: error.message });
}
