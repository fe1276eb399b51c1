import { z } from 'zod';
import type { DeliveryFilter, OutboxStats, UrlHealth } from '../../model/control.ts';
import type { Delivery } from '../../model/delivery.ts';
import { ACTIONS, type Action } from '../../model/events.ts';
import { MAX_LISTED } from '../hook-routes.ts';
import { ID } from './common.ts';

/** The hooks of `/api/v2`. */
export interface HooksBody {
  readonly urls: readonly UrlHealth[];
  readonly outbox: OutboxStats;
}

const OUTCOME = z.enum(['allowed', 'refused', 'failed', 'skipped']);
const EVENT = z.enum(ACTIONS as [Action, ...Action[]]);
const HEADERS = z.array(z.tuple([z.string(), z.string()]));

/** One attempt to deliver one event to one URL; secrets are masked. */
export const DELIVERY: z.ZodType<Delivery> = z
  .object({
    id: z.string(),
    eventId: z.string().describe('The same for every attempt.'),
    action: EVENT,
    vhost: z.string(),
    app: z.string(),
    stream: z.string(),
    clientId: z.string(),
    url: z.string(),
    origin: z.string(),
    attempt: z.number().int(),
    at: z.number().describe('Unix time in milliseconds.'),
    request: z.object({ headers: HEADERS, body: z.string() }),
    response: z
      .object({ status: z.number().int(), headers: HEADERS, body: z.string() })
      .optional()
      .describe('Missing if no answer came.'),
    timing: z.object({
      queueMs: z.number(),
      connectMs: z.number().optional(),
      firstByteMs: z.number().optional(),
      totalMs: z.number(),
    }),
    outcome: OUTCOME,
    why: z.string().describe('The verdict in words; empty for a plain yes.'),
  })
  .meta({ id: 'Delivery', description: 'A delivery.' }) as unknown as z.ZodType<Delivery>;

/** Some of them. */
export const DELIVERIES: z.ZodType<{ readonly deliveries: readonly Delivery[] }> = z
  .object({ deliveries: z.array(DELIVERY) })
  .meta({ id: 'Deliveries', description: 'Deliveries.' });

/** Which of them are wanted. */
export const DELIVERY_QUERY: z.ZodType<DeliveryFilter & { readonly limit: number }> = z.strictObject({
  vhost: ID.optional(),
  event: EVENT.optional(),
  client: ID.optional(),
  url: z.string().max(4096).optional().describe('As deliveries show it.'),
  outcome: OUTCOME.optional(),
  failed: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('true leaves out what arrived, and refusals of questions.'),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(100),
});

const BREAKER = z.enum(['closed', 'half_open', 'open']);

const URL_HEALTH = z
  .object({
    url: z.string(),
    origin: z.string(),
    events: z.array(z.string()),
    breaker: BREAKER,
    originBreaker: BREAKER.describe("open where none of the origin's URLs answers in time."),
    reachable: z
      .boolean()
      .describe('false while connections to the origin cannot be had: clients wait for it.'),
    outcomes: z.record(OUTCOME, z.number().int()),
    latency: z.object({
      buckets: z
        .array(z.object({ le: z.number().nullable(), count: z.number().int() }))
        .describe(
          'Attempts of up to `le` milliseconds that took longer than the bucket before; null is no bound.',
        ),
      p50Ms: z.number(),
      p99Ms: z.number(),
    }),
  })
  .meta({ id: 'UrlHealth' });

const OUTBOX = z
  .object({
    events: z.number().int(),
    oldestMs: z.number(),
    dropped: z.number().int(),
    givenUp: z.number().int(),
    onDisk: z.boolean(),
  })
  .meta({ id: 'Outbox' });

/** See HooksBody. */
export const HOOKS: z.ZodType<HooksBody> = z
  .object({ urls: z.array(URL_HEALTH), outbox: OUTBOX })
  .meta({ id: 'Hooks', description: 'URLs and outbox.' });
