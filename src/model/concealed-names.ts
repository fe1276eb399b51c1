import { LRUCache } from 'lru-cache';
import type { Action } from './events.ts';
import { MASK } from './secret-values.ts';
import type { StreamKey } from './stream-key.ts';

/** Stream keys that are known to be hidden; over it the one that was not looked for longest is shown again. */
export const MAX_CONCEALED_STREAMS = 20_000;

/** Vhosts whose answers are known to replace names; over it the one that was not looked for longest is forgotten. */
export const MAX_RENAMING_VHOSTS = 1_000;

/** A client's naming of a stream: the event's facts and the client's id, empty where there is none. */
export interface Named extends StreamKey {
  readonly action: Action;
  readonly clientId: string;
}

/** Action that named the stream. A connection may lead to either. */
const ROLES: Readonly<Partial<Record<Action, readonly string[]>>> = {
  on_connect: ['publish', 'play'],
  on_close: ['publish', 'play'],
  on_publish: ['publish'],
  on_publish_busy: ['publish'],
  on_play: ['play'],
};

/**
 * Stream names that a backend's answer replaced: they are keys, which nobody who looks at the server may see. In a vhost
 * whose backend replaces the names of publishers (or players), those that it refuses count as keys too.
 */
export class ConcealedNames {
  /** By stream, and by the client that used it. */
  readonly #keys = new LRUCache<string, string>({ max: MAX_CONCEALED_STREAMS });
  readonly #renaming = new LRUCache<string, true>({ max: MAX_RENAMING_VHOSTS });

  /** Takes note that an answer to this event replaced the name in it. */
  learn(named: Named): void {
    this.#keys.set(nameOf(named), named.stream);
    if (named.clientId !== '') this.#keys.set(named.clientId, named.stream);
    for (const role of rolesOf(named)) this.#renaming.set(`${role} ${named.vhost}`, true);
  }

  /** True for a name that was replaced. */
  has(key: StreamKey): boolean {
    return this.#keys.get(nameOf(key)) !== undefined;
  }

  /** Fields of a log line about a stream. */
  shown({ vhost, app, stream }: StreamKey): StreamKey {
    return { vhost, app, stream: this.has({ vhost, app, stream }) ? MASK : stream };
  }

  /** The names to hide in what is shown of an event. `confirmed` says that its backend has let the name stand. */
  of(named: Named, confirmed: boolean): readonly string[] {
    const known = [this.#keys.get(nameOf(named)), this.#keys.get(named.clientId)];
    const likely = !confirmed && rolesOf(named).some((role) => this.#renaming.has(`${role} ${named.vhost}`));
    return [...known, ...(likely ? possibleKeys(named) : [])].filter(
      (name): name is string => name !== undefined && name !== '',
    );
  }
}

/** Of a connection the stream may be the last segment of what is taken for its app. */
function possibleKeys({ action, app, stream }: Named): readonly string[] {
  return isOfConnection(action) ? [stream, ...app.split('/').slice(1)] : [stream];
}

/** True for events that are about a connection and no stream, though its name may be known. */
export function isOfConnection(action: Action): boolean {
  return action === 'on_connect' || action === 'on_close';
}

/** App or URL as it may be shown before its stream is accepted: only the first segment cannot be a key. */
export function headOfApp(app: string): string {
  const slash = app.indexOf('/');
  return slash < 0 ? app : `${app.slice(0, slash)}/${MASK}`;
}

/** The same of a URL. */
export function headOfUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*\/+[^/?#]+\/+)[^/?#].*$/is, `$1${MASK}`);
}

function rolesOf({ action }: Named): readonly string[] {
  return ROLES[action] ?? [];
}

function nameOf({ vhost, app, stream }: StreamKey): string {
  return JSON.stringify([vhost, app, stream]);
}
