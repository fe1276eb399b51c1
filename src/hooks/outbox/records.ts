import type { ClosingEvent, ServerIds } from '../../model/lifecycle.ts';
import type { HookOptions, HookSchema } from '../../model/options.ts';
import { CLOSING_OF, type OpenedEvent } from '../../model/recorder.ts';
import type { Stamped, ToldEvent } from '../event.ts';

/** Where an event goes if the configuration has nothing for it any more. */
export interface Addresses {
  readonly schema: HookSchema;
  readonly urls: HookOptions['urls'];
}

/** What a client has open. The key is the id of the closing event. */
export interface OpenRecord extends Addresses {
  readonly event: OpenedEvent;
  /** The stream under the name with which it was asked for. */
  readonly stream: string;
  /** Unix time in milliseconds. */
  readonly since: number;
  /** The run of the server that has the client. */
  readonly run: ServerIds;
  /** The worker process that has the client; empty where there are none. */
  readonly owner: string;
}

/** An event that is to be delivered. The key is its sequence number. */
export interface EventRecord extends Addresses {
  readonly event: Stamped<ToldEvent>;
  /** The run of the server in which it happened. */
  readonly run: ServerIds;
  /** URLs that have it already. */
  readonly taken: readonly string[];
  /** Of an on_unpublish: the stream under the name with which it was asked for. The next question about it comes later. */
  readonly stream?: string | undefined;
}

/** A run of the server. The key is its `service_id`. */
export interface RunRecord {
  /** Unix time in milliseconds at which it was seen alive. */
  readonly alive: number;
}

/** The end of what a process left open that is no more; `at` is when it was last known to be there, in Unix milliseconds. */
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
