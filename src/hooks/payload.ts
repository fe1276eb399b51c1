import { createHash } from 'node:crypto';
import type { Action } from '../model/lifecycle.ts';
import type { HookSchema } from '../model/options.ts';
import { formatStreamKey, formatStreamUrl, type StreamKey } from '../model/stream-key.ts';
import type { HookEvent } from './event.ts';

/** Which server, and which run of it, sends a hook. */
export interface ServerIds {
  readonly serverId: string;
  readonly serviceId: string;
}

/** How each field is read. A field that its event does not have is undefined, which JSON leaves out. */
const FIELDS = {
  action: (event) => event.action,
  client_id: (event, _server, schema) => (schema === 'srs1' ? event.client?.number : event.client?.id),
  ip: (event) => event.client?.ip,
  vhost: (event) => event.vhost,
  app: (event) => event.app,
  stream: (event) => event.stream,
  param: (event) => event.param,
  tcUrl: (event) => event.tcUrl,
  pageUrl: (event) => event.pageUrl,
  stream_url: (event) => formatStreamUrl(event),
  stream_id: (event) => streamId(event),
  send_bytes: (event) => ('sendBytes' in event ? event.sendBytes : undefined),
  recv_bytes: (event) => ('recvBytes' in event ? event.recvBytes : undefined),
  reason: (event) => ('reason' in event ? event.reason : undefined),
  duration_ms: (event) => ('durationMs' in event ? Math.round(event.durationMs) : undefined),
  server_id: (_event, server) => server.serverId,
  service_id: (_event, server) => server.serviceId,
} as const satisfies Record<
  string,
  (event: HookEvent, server: ServerIds, schema: HookSchema) => string | number | undefined
>;

type Field = keyof typeof FIELDS;

const CLIENT = ['action', 'client_id', 'ip', 'vhost', 'app'] as const;
const SERVER = ['server_id', 'service_id'] as const;
const ENDED = ['reason', 'duration_ms'] as const;

/** SRS 1.0's fields in its order; behind them what later versions or Gatecast added, in one order everywhere. */
const SRS1_STREAM = [...CLIENT, 'stream', 'param', 'tcUrl', 'pageUrl', ...SERVER] as const;
const SRS1: Partial<Record<Action, readonly Field[]>> = {
  on_connect: [...CLIENT, 'tcUrl', 'pageUrl', 'stream', 'param', ...SERVER],
  on_publish: SRS1_STREAM,
  on_play: SRS1_STREAM,
  on_unpublish: [...SRS1_STREAM, ...ENDED],
  on_stop: [...SRS1_STREAM, ...ENDED],
  on_close: [
    ...CLIENT,
    'send_bytes',
    'recv_bytes',
    'stream',
    'param',
    'tcUrl',
    'pageUrl',
    ...SERVER,
    ...ENDED,
  ],
};

/** The order of SRS 5 to 7, which is not the same for each event. */
const SRS5_STREAM = [...SERVER, ...CLIENT, 'tcUrl', 'stream', 'param', 'stream_url', 'stream_id'] as const;
const SRS5: Partial<Record<Action, readonly Field[]>> = {
  on_connect: [...SERVER, ...CLIENT, 'stream', 'param', 'tcUrl', 'pageUrl'],
  on_publish: SRS5_STREAM,
  on_play: [...SERVER, ...CLIENT, 'stream', 'tcUrl', 'param', 'pageUrl', 'stream_url', 'stream_id'],
  on_unpublish: [...SRS5_STREAM, ...ENDED],
  on_stop: [...SRS5_STREAM, ...ENDED],
  on_close: [...SERVER, ...CLIENT, 'send_bytes', 'recv_bytes', ...ENDED],
};

const SCHEMAS: Record<HookSchema, Partial<Record<Action, readonly Field[]>>> = {
  srs1: SRS1,
  srs5: SRS5,
  nginx: SRS1,
};

/**
 * The JSON body that tells a backend of `event`: compact, `/` unescaped, fields in the schema's order. Valid JSON
 * whatever the client sent, since `JSON.stringify` escapes control characters and lone surrogates.
 */
export function hookBody(
  event: HookEvent,
  options: { readonly schema: HookSchema },
  server: ServerIds,
): string {
  const body: Record<string, string | number | undefined> = {};
  for (const field of SCHEMAS[options.schema][event.action] ?? SRS1_STREAM)
    body[field] = FIELDS[field](event, server, options.schema);
  return JSON.stringify(body);
}

/** SRS shows its statistics' id here. Ours follows from the key, so the same stream always has the same one. */
function streamId(key: StreamKey): string {
  const hash = createHash('sha1').update(formatStreamKey(key)).digest().readUIntBE(0, 6);
  return `vid-${(hash % 36 ** 7).toString(36).padStart(7, '0')}`;
}
