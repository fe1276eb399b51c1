import type { Clock } from '../model/clock.ts';
import { type ConcealedNames, headOfApp, isOfConnection, type Named } from '../model/concealed-names.ts';
import type { HookObserver } from '../model/delivery.ts';
import type { Action, GateEvent } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import { MASK } from '../model/secret-values.ts';
import type { Stamper } from './event.ts';
import type { HookClient } from './hook-client.ts';

/** What asking and telling need. */
export interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hookClient: HookClient;
  readonly stamper: Stamper;
  readonly observer: HookObserver;
  /** Learns which names answers replace, so that no log line has them. */
  readonly concealed: ConcealedNames;
}

/** What a log line says of an event, which may be about no client. `hidden` are names that nobody may see. */
export function describe(
  event: {
    readonly action: Action;
    readonly client?: { readonly id: string; readonly ip: string } | undefined;
    readonly vhost: string;
    readonly app: string;
    readonly stream: string;
  },
  hidden: readonly string[] = [],
): Record<string, string> {
  const { action, client, vhost, app, stream } = event;
  const who = { action, ...(client && { client: client.id, ip: client.ip }), vhost };
  if (isOfConnection(action)) return { ...who, app: headOfApp(app) };
  return { ...who, app, stream: hidden.includes(stream) ? MASK : stream };
}

/** Who named the stream of a question. */
export function namedBy({ action, client, vhost, app, stream }: GateEvent): Named {
  return { action, vhost, app, stream, clientId: client.id };
}

/** Whole milliseconds since `began`. */
export function since(clock: Clock, began: number): number {
  return Math.round(clock.now() - began);
}
