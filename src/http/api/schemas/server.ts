import { z } from 'zod';

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

/** The server of `/api/v2`. */
export const SERVER = z
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
  .meta({ id: 'Server' });

export const LOGIN = z.strictObject({ username: z.string().max(128), password: z.string().max(1024) });

export type ServerBody = z.output<typeof SERVER>;
