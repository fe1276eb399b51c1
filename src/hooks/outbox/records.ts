import { CLOSING_OF, type OpenedEvent } from '../../model/event-recorder.ts';
import type { ClosingEvent, ServerIds } from '../../model/events.ts';
import type { HookOptions, HookSchema } from '../../model/options.ts';
import type { EventHead, Stamped, ToldEvent } from '../event.ts';
import { hookBody } from '../payload.ts';
import type { Moment } from './steady-time.ts';

/** How an event is told, and where it goes if the configuration has nothing for it any more. */
export interface Addresses {
  /** Of its opening, or of the configuration under which it was told. */
  readonly schema: HookSchema;
  readonly urls: HookOptions['urls'];
}

/** What a client has open. The key is the id of the closing event. */
export interface OpenRecord extends Addresses {
  readonly event: OpenedEvent;
  /** The stream under the name with which it was asked for. */
  readonly stream: string;
  /** On the outbox's own scale of time, in milliseconds. */
  readonly since: number;
  /** The run of the server that has the client. */
  readonly run: ServerIds;
  /** The worker process that has the client; empty where there are none. */
  readonly owner: string;
  /** True while no backend can have heard the question. */
  readonly waits?: boolean | undefined;
}

/** An event that is to be delivered. The key is its sequence number. */
export interface EventRecord extends Addresses {
  readonly event: EventHead;
  /** What each URL is sent, every time. */
  readonly bodies: Bodies;
  /** When it was told, on the outbox's own scale of time, in milliseconds. */
  readonly since: number;
  /** The `service_id` of the run in which it happened. */
  readonly service: string;
  /** URLs that have it already. */
  readonly taken: readonly string[];
  /** Of an on_unpublish: the stream under the name with which it was asked for. The next question about it comes later. */
  readonly stream?: string | undefined;
}

interface Bodies {
  /** For the URLs of its own directive. */
  readonly own: string;
  /** For those of `on_done`, if they are told something else. */
  readonly done?: string | undefined;
}

/** What an outbox knows of itself. */
export interface TimeRecord extends Moment {
  /** The highest sequence number so far. */
  readonly seq: number;
}

/** The bodies of an event, made once. */
export function bodiesOf(event: Stamped<ToldEvent>, schema: HookSchema, run: ServerIds): Bodies {
  const own = hookBody(event, { schema }, run);
  const isEnd = event.action === 'on_unpublish' || event.action === 'on_stop';
  if (schema !== 'nginx' || !isEnd) return { own };
  return { own, done: hookBody(event, { schema, hook: 'on_done' }, run) };
}

/** What is kept of an event beside its bodies. */
export function headOf({ action, client, vhost, app, stream, stamp }: Stamped<ToldEvent>): EventHead {
  return { action, ...(client && { client }), vhost, app, stream, stamp };
}

/** The end of what a process left open that is no more; `at` is when it was last known to be there, on the scale of `since`. */
export function restartEvent({ event, since }: OpenRecord, at: number): ClosingEvent {
  return {
    ...event,
    action: CLOSING_OF[event.action],
    reason: 'server_restart',
    durationMs: Math.max(0, Math.round(at - since)),
    // How many bytes there were went with the process.
    sendBytes: 0,
    recvBytes: 0,
  };
}

/** What clients opened ends before their connections do. */
export function inClosingOrder<T extends { readonly event: OpenedEvent }>(records: readonly T[]): T[] {
  const isConnect = ({ event }: T) => event.action === 'on_connect';
  return [...records.filter((record) => !isConnect(record)), ...records.filter(isConnect)];
}
