import type { Action } from './events.ts';

/** Outcome of an attempt to deliver an event to a URL. */
export type DeliveryOutcome =
  | 'allowed' // a question was answered with yes, or an event was taken
  | 'refused' // the backend meant to say no
  | 'failed' // no answer, or none that can be understood
  | 'skipped'; // not sent: the backend is left alone or out of reach, or too many wait for it

/** Durations of the phases of an attempt, in milliseconds; undefined for phases that it did not reach. */
export interface DeliveryTiming {
  /** Waiting for a free connection. */
  readonly queueMs: number;
  /** Opening one, name and TLS included; 0 on a kept one. */
  readonly connectMs: number | undefined;
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
}

/** One attempt to deliver one event to one URL: what the journal keeps and the metrics count. */
export interface Delivery {
  /** Names this attempt: `EVENT-N`, N counting in rounds over the event's URLs: of two, their first attempts are 1 and 2. */
  readonly id: string;
  /** The same for every attempt, also after a restart; the `webhook-id` of the request. */
  readonly eventId: string;
  readonly action: Action;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** Empty for events without a client. */
  readonly clientId: string;
  /** As it may be shown: no userinfo, no values of the query. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** 1 for the first attempt at this URL. */
  readonly attempt: number;
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly request: { readonly headers: readonly (readonly [string, string])[]; readonly body: string };
  /** Undefined when no answer came; the body is cut at 4 KiB. */
  readonly response:
    | {
        readonly status: number;
        readonly headers: readonly (readonly [string, string])[];
        readonly body: string;
      }
    | undefined;
  readonly timing: DeliveryTiming;
  readonly outcome: DeliveryOutcome;
  /** The verdict in words; empty for a plain yes. */
  readonly why: string;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** Observer of the hooks, for journal and metrics. Called on the hooks' path: must be quick and not throw. */
export interface HookObserver {
  delivered(delivery: Delivery): void;
  /** The breaker of a URL, as it may be shown, has changed; without one that of the origin, whose URLs all fail then. */
  breaker(origin: string, state: BreakerState, url?: string): void;
  /** Connections to an origin cannot be had any more, or can be had again. */
  reachable(origin: string, isReachable: boolean): void;
  /** A question was answered from the cache: nothing was sent. */
  cached(action: Action): void;
}

/** Observer that does nothing. */
export const UNOBSERVED: HookObserver = {
  delivered: () => undefined,
  breaker: () => undefined,
  reachable: () => undefined,
  cached: () => undefined,
};

/** Fields of a delivery that are counted without keeping it. */
export type CountedDelivery = Pick<Delivery, 'action' | 'origin' | 'url' | 'outcome'> & {
  readonly timing: Pick<DeliveryTiming, 'totalMs'>;
};

/** Report of a process about its hooks: everything since the last one, or as much as there is room for. */
export interface HookReport {
  readonly deliveries: readonly Delivery[];
  /** Deliveries for which there was no room. */
  readonly counted: readonly CountedDelivery[];
  readonly breakers: readonly (readonly [origin: string, state: BreakerState, url?: string])[];
  readonly reachable: readonly (readonly [origin: string, isReachable: boolean])[];
  readonly cached: readonly (readonly [action: Action, count: number])[];
}
