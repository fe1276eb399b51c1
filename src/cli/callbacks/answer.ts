import { sameSecret, tokensOf } from './token.ts';

/** What the backend answers: an HTTP status and the JSON body that explains it. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** What decides an answer. */
export interface Rules {
  /** Required of publishers and players, as `?token=…`; undefined lets everybody in. */
  readonly token?: string;
  /** HTTP status per action that is refused whatever it says. */
  readonly deny?: ReadonlyMap<string, number>;
}

/** An event as it came, in either dialect. */
export interface Event {
  readonly action: string;
  readonly client_id: number | string;
  readonly ip: string;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly param: string;
  readonly tcUrl: string;
}

/** Actions of each endpoint, as SRS's own sample server has them. */
export const ENDPOINTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/api/v1/clients', ['on_connect', 'on_close']],
  ['/api/v1/streams', ['on_publish', 'on_unpublish']],
  ['/api/v1/sessions', ['on_play', 'on_stop']],
]);

/** Accepted by SRS of every version from 2 on, and by both dialects of Gatecast; SRS 1.0 itself knew only `0`. */
const ACCEPTED: Answer = { status: 200, body: { code: 0, data: null } };

/** An answer that refuses: SRS's sample server answers its errors with status 200 and a code. */
export function refuse(code: number, message: string, status = 200): Answer {
  return { status, body: { code, data: null, message } };
}

/** Reads a body; an Answer if it is no event of this endpoint. 100 and 200 are the codes of SRS's sample server. */
export function readEvent(text: string, actions: readonly string[]): Event | Answer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(100, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(100, 'the body is not a JSON object');
  }
  const fields = value as Record<string, unknown>;
  const { action, client_id } = fields;
  if (typeof action !== 'string' || !actions.includes(action)) {
    return refuse(200, `the action is not one of ${actions.join(', ')}`);
  }
  if (typeof client_id !== 'string' && !Number.isInteger(client_id)) {
    return refuse(100, 'the client_id is neither an integer nor a string');
  }
  const textOf = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    action,
    client_id: client_id as number | string,
    ip: textOf('ip'),
    vhost: textOf('vhost'),
    app: textOf('app'),
    stream: textOf('stream'),
    param: textOf('param'),
    tcUrl: textOf('tcUrl'),
  };
}

/** Decides on an event. */
export function decide(event: Event, { token, deny }: Rules): Answer {
  const denied = deny?.get(event.action);
  if (denied !== undefined) return refuse(denied, `${event.action} is denied`, denied);
  return token === undefined ? ACCEPTED : checkToken(event, token);
}

/**
 * Publishers and players have to show the token. Whoever connects may keep it for the stream's name, but one that is
 * shown already has to be right.
 */
function checkToken(event: Event, token: string): Answer {
  const connects = event.action === 'on_connect';
  if (!connects && event.action !== 'on_publish' && event.action !== 'on_play') return ACCEPTED;
  const query = event.tcUrl.includes('?') ? event.tcUrl.slice(event.tcUrl.indexOf('?')) : '';
  const shown = [...tokensOf(event.param), ...(connects ? tokensOf(query) : [])];
  if (shown.some((candidate) => sameSecret(candidate, token))) return ACCEPTED;
  if (shown.length > 0) return refuse(403, 'token wrong', 403);
  return connects ? ACCEPTED : refuse(403, 'token missing', 403);
}
