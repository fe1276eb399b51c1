import { resolve } from 'node:path';
import type { ClientIdentity } from '../model/events.ts';
import type { HookName } from '../model/options.ts';
import { countersOf, type HookEvent, recordingOf, type Stamped } from './event.ts';

/** nginx-rtmp's words for what it knows; other events go by their own name, without the `on_`. */
const CALLS: Readonly<Partial<Record<HookName, string>>> = {
  on_unpublish: 'publish_done',
  on_stop: 'play_done',
  on_close: 'disconnect',
  on_dvr: 'record_done',
};

type Fields = readonly (readonly [name: string, value: string | number | undefined])[];

/**
 * The form in which nginx-rtmp's notify module tells of `event`: its fields in its order, then ours, then the arguments
 * of the client's query. An argument whose name is that of a field is left out, or `?name=other` would speak for us.
 */
export function formBody(
  event: Stamped<HookEvent>,
  hook: HookName,
  server: { readonly serverId: string; readonly serviceId: string },
): string {
  const fields = fieldsOf(event, hook, server);
  const form = new URLSearchParams();
  for (const [name, value] of fields) {
    if (value !== undefined) form.append(name, String(value));
  }
  const taken = new Set(fields.map(([name]) => name));
  for (const [name, value] of new URLSearchParams(event.param)) {
    if (!readings(name).some((reading) => taken.has(reading))) form.append(name, value);
  }
  return form.toString();
}

function fieldsOf(
  event: Stamped<HookEvent>,
  hook: HookName,
  { serverId, serviceId }: { readonly serverId: string; readonly serviceId: string },
): Fields {
  const { client, stamp } = event;
  const counters = countersOf(event);
  const recording = recordingOf(event);
  const role = 'role' in event ? event.role : undefined;
  return [
    ['app', event.app === '' ? undefined : event.app],
    ...(client === undefined ? [] : aboutClient(event, client)),
    ['call', hook === 'on_update' && role !== undefined ? `update_${role}` : callOf(hook)],
    [
      'time',
      role === undefined || counters === undefined ? undefined : Math.floor(counters.durationMs / 1000),
    ],
    // The name of a recorder, which has none here.
    ['recorder', recording && ''],
    ['name', event.stream === '' ? undefined : event.stream],
    ['path', recording && resolve(recording.cwd, recording.file)],
    ['vhost', event.vhost],
    ['reason', 'reason' in event ? event.reason : recording?.reason],
    ['duration_ms', rounded((recording ?? counters)?.durationMs)],
    ['bytes', recording?.bytes],
    ['file_id', recording?.id],
    ['send_bytes', counters?.sendBytes],
    ['recv_bytes', counters?.recvBytes],
    ['server_id', serverId],
    ['service_id', serviceId],
    ['event_id', stamp.id],
    ['event_time', stamp.at],
    ['event_seq', stamp.seq],
  ];
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}

function aboutClient({ flashVer, swfUrl, tcUrl, pageUrl }: HookEvent, client: ClientIdentity): Fields {
  return [
    ['flashver', flashVer ?? ''],
    ['swfurl', swfUrl ?? ''],
    ['tcurl', tcUrl ?? ''],
    ['pageurl', pageUrl ?? ''],
    ['addr', client.ip],
    ['clientid', client.number],
  ];
}

/** What `call` says of an event that goes to the URL of `hook`. */
function callOf(hook: HookName): string {
  return CALLS[hook] ?? hook.replace(/^on_/, '');
}

/**
 * What a backend may take a name for: PHP passes over leading spaces, ends a name at a NUL, makes `a[b]` part of `a`, and
 * `_` of what a variable cannot have.
 */
function readings(name: string): string[] {
  const plain = name.trimStart().replace(/\0.*$/s, '');
  return [plain.replace(/\[.*$/s, ''), plain].map((text) => text.replace(/[ .[]/g, '_'));
}
