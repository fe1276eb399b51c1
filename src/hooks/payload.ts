import type { Action, SegmentFacts, ServerIds } from '../model/events.ts';
import type { HookName, HookSchema } from '../model/options.ts';
import { formatStreamUrl, streamId } from '../model/stream-key.ts';
import { countersOf, type HookEvent, recordingOf, type Stamped } from './event.ts';
import { formBody } from './nginx-payload.ts';

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
  role: (event) => ('role' in event ? event.role : undefined),
  reason: (event) => ('reason' in event ? event.reason : recordingOf(event)?.reason),
  duration_ms: (event) => rounded((recordingOf(event) ?? countersOf(event))?.durationMs),
  bytes: (event) => recordingOf(event)?.bytes,
  file_id: (event) => recordingOf(event)?.id,
  send_bytes: (event) => countersOf(event)?.sendBytes,
  recv_bytes: (event) => countersOf(event)?.recvBytes,
  server_id: (_event, server) => server.serverId,
  service_id: (_event, server) => server.serviceId,
  duration: (event) => seconds(segmentOf(event)?.durationMs),
  cwd: (event) => (recordingOf(event) ?? segmentOf(event))?.cwd,
  file: (event) => (recordingOf(event) ?? segmentOf(event))?.file,
  url: (event) => segmentOf(event)?.url,
  m3u8: (event) => segmentOf(event)?.m3u8,
  m3u8_url: (event) => segmentOf(event)?.m3u8Url,
  seq_no: (event) => segmentOf(event)?.seqNo,
  event_id: ({ stamp }) => stamp.id,
  event_time: ({ stamp }) => stamp.at,
  event_seq: ({ stamp }) => stamp.seq,
} as const satisfies Record<
  string,
  (event: Stamped<HookEvent>, server: ServerIds, schema: HookSchema) => string | number | undefined
>;

type Field = keyof typeof FIELDS;
type Table = Readonly<Partial<Record<Action, readonly Field[]>>>;

const CLIENT = ['action', 'client_id', 'ip', 'vhost', 'app'] as const;
const SERVER = ['server_id', 'service_id'] as const;

/** The fields of SRS 1.0 in its order. */
const SRS1_STREAM = [...CLIENT, 'stream'] as const;
const SEGMENT = ['duration', 'cwd', 'file', 'url', 'm3u8', 'm3u8_url', 'seq_no'] as const;
const SRS1: Table = {
  on_hls: [...SRS1_STREAM, 'param', ...SEGMENT],
  on_connect: [...CLIENT, 'tcUrl', 'pageUrl'],
  on_close: [...CLIENT, 'send_bytes', 'recv_bytes'],
  // Of SRS 2: SRS 1.0 did not tell of recordings.
  on_dvr: [...SRS1_STREAM, 'param', 'cwd', 'file'],
};

/** The order of SRS 5 to 7, which is not the same for each event. */
const SRS5_STREAM = [...SERVER, ...CLIENT, 'tcUrl', 'stream', 'param', 'stream_url', 'stream_id'] as const;
const SRS5: Table = {
  on_hls: [...SERVER, ...CLIENT, 'tcUrl', 'stream', 'param', ...SEGMENT, 'stream_url', 'stream_id'],
  on_connect: [...SERVER, ...CLIENT, 'stream', 'param', 'tcUrl', 'pageUrl'],
  on_play: [...SERVER, ...CLIENT, 'stream', 'tcUrl', 'param', 'pageUrl', 'stream_url', 'stream_id'],
  on_close: [...SERVER, ...CLIENT, 'send_bytes', 'recv_bytes'],
  on_dvr: [...SERVER, ...CLIENT, 'tcUrl', 'stream', 'param', 'cwd', 'file', 'stream_url', 'stream_id'],
};

const STAMP = ['event_id', 'event_time', 'event_seq'] as const;

/** What stands behind the fields of SRS where they are not among those, in one order everywhere. */
const ADDED: readonly Field[] = [
  ...(['stream', 'param', 'tcUrl', 'pageUrl', ...SERVER] as const),
  ...(['role', 'reason', 'duration_ms', 'bytes', 'file_id', 'send_bytes', 'recv_bytes'] as const),
  ...STAMP,
];

/** The events that are about no client and no stream. */
const OF_SERVER: readonly Field[] = ['action', 'vhost', ...SERVER, ...STAMP];

/**
 * The body that tells a backend of `event`: compact JSON, `/` unescaped, fields in the schema's order; a form under
 * `nginx`. Well-formed whatever the client sent. `hook` is the directive whose URL it goes to, where that is not the
 * event's own: `on_done`.
 */
export function hookBody(
  event: Stamped<HookEvent>,
  { schema, hook }: { readonly schema: HookSchema; readonly hook?: HookName | undefined },
  server: ServerIds,
): string {
  if (schema === 'nginx') return formBody(event, hook ?? event.action, server);
  const body: Record<string, string | number | undefined> = {};
  for (const field of fieldsOf(event.action, schema)) body[field] = FIELDS[field](event, server, schema);
  return JSON.stringify(body);
}

/** The Content-Type of a schema's bodies. */
export function contentTypeOf(schema: HookSchema): string {
  return schema === 'nginx' ? 'application/x-www-form-urlencoded' : 'application/json';
}

function fieldsOf(action: Action, schema: 'srs1' | 'srs5'): readonly Field[] {
  if (action === 'server_started' || action === 'server_stopping') return OF_SERVER;
  const own: readonly Field[] =
    schema === 'srs1' ? (SRS1[action] ?? SRS1_STREAM) : (SRS5[action] ?? SRS5_STREAM);
  return [...own, ...ADDED.filter((field) => !own.includes(field))];
}

function segmentOf(event: HookEvent): SegmentFacts | undefined {
  return 'segment' in event ? event.segment : undefined;
}

/** SRS gives seconds, and two digits behind the point. */
function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms / 10) / 100;
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}
