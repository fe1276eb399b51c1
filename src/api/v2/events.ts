import { Readable } from 'node:stream';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { RequestError, type ServerControl } from '../../model/control.ts';
import { EventFeed, TOPICS, type Topic } from '../event-feed.ts';
import type { Guard } from '../guard.ts';
import { FAULT, ID } from '../schemas/common.ts';

/** Followers of events at the same time. */
const MAX_EVENT_FOLLOWERS = 32;

const TOPIC_LIST = z
  .string()
  .max(200)
  .transform((text, { issues }) => {
    const topics = text.split(',').filter((word) => word !== '');
    const wrong = topics.find((word) => !TOPICS.includes(word as Topic));
    if (wrong !== undefined)
      issues.push({ code: 'custom', message: `expected some of ${TOPICS.join(',')}`, input: text });
    return topics as Topic[];
  });

const QUERY = z.strictObject({
  topics: TOPIC_LIST.optional().describe(`Some of ${TOPICS.join(', ')}, with commas between them.`),
  stream: ID.optional().describe('Id of a stream that is to be told of in every detail.'),
});

const EVENTS = {
  description: 'Events without an end; docs/api.md lists them.',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** Server-sent events: the state of things again and again, and deliveries as they happen. */
export function eventRoutes(control: ServerControl, guard: Guard): FastifyPluginCallbackZod {
  let followers = 0;
  return (app, _options, done) => {
    const feeds = new Set<EventFeed>();
    app.addHook('preClose', (closed) => {
      for (const feed of feeds) feed.close();
      closed();
    });

    app.get(
      '/events',
      {
        schema: {
          tags: ['events'],
          summary: 'Server-sent events',
          querystring: QUERY,
          response: { 200: EVENTS, 400: FAULT, 409: FAULT },
        },
      },
      (request, reply) => {
        if (followers >= MAX_EVENT_FOLLOWERS)
          throw new RequestError(
            'impossible',
            `${MAX_EVENT_FOLLOWERS} follow the events already: try again later.`,
          );
        const { topics = [], stream } = request.query;
        const feed = new EventFeed(control, {
          topics: new Set(topics),
          stream,
          host: request.headers.host ?? 'localhost',
          user: guard.userOf(request),
        });
        followers += 1;
        feeds.add(feed);
        reply.raw.once('close', () => {
          followers -= 1;
          feeds.delete(feed);
          feed.close();
        });
        // One event is made when the one before it has been taken: who reads slowly costs no memory, and misses some.
        const body = Readable.from(feed.events(), { highWaterMark: 1 });
        void reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('x-accel-buffering', 'no')
          .send(body as never);
      },
    );
    done();
  };
}
