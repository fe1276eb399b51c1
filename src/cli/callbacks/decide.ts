import { decodePart, isSameSecret } from '../../model/secret-values.ts';
import { ACCEPTED, type Answer, type Event, refuse } from './event.ts';

/** Rules that decide an answer. */
export interface Rules {
  /** Required of publishers and players, as `?token=…`; undefined lets everybody in. */
  readonly token?: string;
  /** HTTP status per action that is refused whatever it says. */
  readonly deny?: ReadonlyMap<string, number>;
  /** Body with which an action is answered that is not refused, with status 200. */
  readonly answers?: ReadonlyMap<string, unknown>;
}

/** Actions of each endpoint. The first three and their first actions are those of SRS's own sample server. */
export const ENDPOINTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/api/v1/clients', ['on_connect', 'on_close', 'on_update']],
  ['/api/v1/streams', ['on_publish', 'on_unpublish', 'on_publish_busy', 'on_not_found', 'on_idle']],
  ['/api/v1/sessions', ['on_play', 'on_stop', 'on_done']],
  ['/api/v1/dvrs', ['on_dvr']],
  ['/api/v1/servers', ['server_started', 'server_stopping']],
]);

/** Decides on an event. */
export function decide(event: Event, { token, deny, answers }: Rules): Answer {
  const denied = deny?.get(event.action);
  if (denied !== undefined) return refuse(denied, `${event.action} is denied`, denied);
  const accepted = answers?.has(event.action) ? { status: 200, body: answers.get(event.action) } : ACCEPTED;
  return token === undefined ? accepted : (checkToken(event, token) ?? accepted);
}

/**
 * Publishers and players have to show the token. Whoever connects may keep it for the stream's name, but one that is
 * shown already has to be right. Undefined lets the client in.
 */
function checkToken(event: Event, token: string): Answer | undefined {
  const connects = event.action === 'on_connect';
  if (!connects && event.action !== 'on_publish' && event.action !== 'on_play') return undefined;
  const query = event.tcUrl.includes('?') ? event.tcUrl.slice(event.tcUrl.indexOf('?')) : '';
  const shown = [...tokensOf(event.param), ...(connects ? tokensOf(query) : [])];
  if (shown.some((candidate) => isSameSecret(candidate, token))) return undefined;
  if (shown.length > 0) return refuse(403, 'token wrong', 403);
  return connects ? undefined : refuse(403, 'token missing', 403);
}

/** The values of `token` in a query, with or without its `?`; SRS glues queries together, so a `?` may come again. */
export function tokensOf(query: string): readonly string[] {
  return query
    .split(/[?&]/)
    .filter((pair) => pair.startsWith('token='))
    .map((pair) => decodePart(pair.slice('token='.length)));
}
