/** Answer of the backend: an HTTP status and the JSON body that explains it. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Accepted by SRS of every version from 2 on, and by all dialects of Gatecast; SRS 1.0 itself knew only `0`. */
export const ACCEPTED: Answer = { status: 200, body: { code: 0, data: null } };

/** An answer that refuses: SRS's sample server answers its errors with status 200 and a code. */
export function refuse(code: number, message: string, status = 200): Answer {
  return { status, body: { code, data: null, message } };
}

/** An event as it came, in any dialect. */
export interface Event {
  readonly action: string;
  /** Undefined for events that are about no client. */
  readonly client_id: number | string | undefined;
  readonly ip: string;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly param: string;
  readonly tcUrl: string;
  /** The same each time that the event is sent; empty if the server gives none. */
  readonly event_id: string;
}

const CLIENTLESS: ReadonlySet<string> = new Set(['on_idle', 'server_started', 'server_stopping']);

/** nginx-rtmp's words that are not ours without the `on_`. */
const CALLS: Readonly<Record<string, string>> = {
  publish_done: 'on_unpublish',
  play_done: 'on_stop',
  disconnect: 'on_close',
  record_done: 'on_dvr',
  update_publish: 'on_update',
  update_play: 'on_update',
  server_started: 'server_started',
  server_stopping: 'server_stopping',
};

/** Fields of a form; what else is in it are arguments of the client. */
const FORM_FIELDS = new Set([
  ...[
    'app',
    'flashver',
    'swfurl',
    'tcurl',
    'pageurl',
    'addr',
    'clientid',
    'call',
    'time',
    'timestamp',
    'name',
  ],
  ...[
    'type',
    'epoch',
    'start',
    'duration',
    'reset',
    'vhost',
    'reason',
    'duration_ms',
    'send_bytes',
    'recv_bytes',
  ],
  ...['recorder', 'path', 'bytes', 'file_id'],
  ...['server_id', 'service_id', 'event_id', 'event_time', 'event_seq'],
]);

/** Reads a body; an Answer if it is no event, or none of `actions`. 100 and 200 are the codes of SRS's sample server. */
export function readEvent(
  text: string,
  actions: readonly string[] | undefined,
  form: boolean,
): Event | Answer {
  // The status must say what is wrong with a form: nginx-rtmp's dialect knows no other word.
  const wrong = (code: number, message: string) => refuse(code, message, form ? 400 : 200);
  let value: unknown;
  try {
    value = form ? fieldsOf(new URLSearchParams(text)) : JSON.parse(text);
  } catch {
    return wrong(100, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong(100, 'the body is not a JSON object');
  }
  const fields = value as Record<string, unknown>;
  const { action, client_id: id } = fields;
  if (actions && !(typeof action === 'string' && actions.includes(action))) {
    return wrong(200, `the action is not one of ${actions.join(', ')}`);
  }
  if (typeof action !== 'string') return wrong(200, 'the action is missing');
  if (!isClientId(id) && !(id === undefined && CLIENTLESS.has(action))) {
    return wrong(100, 'the client_id is neither an integer nor a string');
  }
  const textOf = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    action,
    client_id: isClientId(id) ? id : undefined,
    ip: textOf('ip'),
    vhost: textOf('vhost'),
    app: textOf('app'),
    stream: textOf('stream'),
    param: textOf('param'),
    tcUrl: textOf('tcUrl'),
    event_id: textOf('event_id'),
  };
}

/** A form of nginx-rtmp's dialect as the fields of the others. */
function fieldsOf(form: URLSearchParams): Record<string, unknown> {
  const call = form.get('call') ?? '';
  const rest = [...form].filter(([name]) => !FORM_FIELDS.has(name));
  const query = new URLSearchParams(rest).toString();
  return {
    action: CALLS[call] ?? `on_${call}`,
    client_id: form.get('clientid') ?? undefined,
    ip: form.get('addr'),
    vhost: form.get('vhost'),
    app: form.get('app'),
    stream: form.get('name'),
    param: query === '' ? '' : `?${query}`,
    tcUrl: form.get('tcurl'),
    event_id: form.get('event_id'),
  };
}

function isClientId(value: unknown): value is number | string {
  return typeof value === 'string' || Number.isInteger(value);
}
