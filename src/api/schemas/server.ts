import { z } from 'zod';
import type { ListeningPlace } from '../../model/control.ts';
import type { Credentials } from '../../model/options.ts';
import type { ProcessFacts } from '../../model/stats.ts';

/** The server of `/api/v2`. */
export interface ServerBody {
  readonly version: string;
  readonly serverId: string;
  readonly serviceId: string;
  readonly pid: number;
  readonly nodeVersion: string;
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly cpus: number;
  readonly load: readonly [one: number, five: number, fifteen: number];
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly listening: readonly ListeningPlace[];
  readonly workers: readonly Omit<ProcessFacts, 'totals' | 'kinds'>[];
  readonly user: string | null;
}

const LISTENING = z.object({
  protocol: z.enum(['rtmp', 'rtmps', 'http', 'https', 'api']),
  host: z.string(),
  port: z.number().int(),
});

const WORKER = z
  .object({
    worker: z.number().int().describe('From 1 on; 0 is a server of one process.'),
    pid: z.number().int(),
    connections: z.number().int(),
    cpuPercent: z.number().describe('Of one core, over the last seconds.'),
    rssBytes: z.number().int(),
    heapUsedBytes: z.number().int(),
    loopDelayMs: z
      .object({ p50: z.number(), p99: z.number(), max: z.number() })
      .describe('How late timers are, over the last seconds.'),
  })
  .meta({ id: 'Worker' });

/** See ServerBody. */
export const SERVER: z.ZodType<ServerBody> = z
  .object({
    version: z.string(),
    serverId: z.string(),
    serviceId: z.string().describe('Another one at each start.'),
    pid: z.number().int(),
    nodeVersion: z.string(),
    startedAt: z.number().describe('Unix time in milliseconds.'),
    uptimeMs: z.number(),
    cpus: z.number().int(),
    load: z.tuple([z.number(), z.number(), z.number()]).describe('Over 1, 5 and 15 minutes.'),
    memory: z.object({ totalBytes: z.number().int(), freeBytes: z.number().int() }),
    listening: z.array(LISTENING),
    workers: z.array(WORKER),
    user: z.string().nullable().describe('Who is logged in; null where nobody needs to.'),
  })
  .meta({ id: 'Server', description: 'The server.' });

/** Credentials of a log-in. */
export const LOGIN: z.ZodType<Credentials> = z.strictObject({
  username: z.string().max(128),
  password: z.string().max(1024),
});
