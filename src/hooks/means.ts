import type { Clock } from '../model/clock.ts';
import type { HookObserver } from '../model/delivery.ts';
import type { Logger } from '../model/logger.ts';
import type { Caller } from './caller.ts';
import type { Stamper } from './event.ts';

/** What asking and telling need. */
export interface Means {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly caller: Caller;
  readonly stamper: Stamper;
  readonly observer: HookObserver;
}

/** What a log line says of an event, which may be about no client. */
export function describe(event: {
  readonly action: string;
  readonly client?: { readonly id: string; readonly ip: string } | undefined;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}): Record<string, string> {
  const { action, client, vhost, app, stream } = event;
  return { action, ...(client && { client: client.id, ip: client.ip }), vhost, app, stream };
}

/** Whole milliseconds since `began`. */
export function since(clock: Clock, began: number): number {
  return Math.round(clock.now() - began);
}
