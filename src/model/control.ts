/** Views and actions on the hooks for operators. The API knows nothing else of them. */

import type { BreakerState, Delivery, DeliveryOutcome } from './delivery.ts';
import type { Action } from './events.ts';
import type { VhostOptions } from './options.ts';
import type { StatsSource } from './stats.ts';

/** The name of the socket in the state directory. */
export const CONTROL_SOCKET = 'control.sock';

/** Filter of deliveries; a field that is left out matches all. */
export interface DeliveryFilter {
  readonly vhost?: string | undefined;
  readonly event?: Action | undefined;
  readonly client?: string | undefined;
  /** As deliveries show it. */
  readonly url?: string | undefined;
  readonly outcome?: DeliveryOutcome | undefined;
  /** True leaves out what arrived, and refusals of questions: a backend that says no works. */
  readonly failed?: boolean | undefined;
}

/** Reader of deliveries as they come. It misses what comes faster than it reads, and gets the count. */
export interface Follower {
  /**
   * Takes what has come since, the oldest first, `limit` at most. `missed` counts those, of any kind, that came and went
   * without being taken. Undefined when there will be no more.
   */
  takeDeliveries(
    limit: number,
  ): { readonly deliveries: readonly Delivery[]; readonly missed: number } | undefined;
  /** Settles when there may be something to take. */
  more(): Promise<void>;
  close(): void;
}

/** Past deliveries as they may be shown: secrets are masked. */
export interface DeliveryLog {
  /** The newest `limit` of those that fit, the oldest of them first. Each is masked when it is its turn, which takes time. */
  list(filter: DeliveryFilter, limit: number): Iterable<Delivery>;
  /** By its id, or by the short one that the command line shows. */
  find(id: string): Delivery | undefined;
  /** Undefined if too many follow already. */
  follow(filter: DeliveryFilter): Follower | undefined;
}

/** Events on their way to the backends. */
export interface OutboxStats {
  /** Events that are not delivered yet. */
  readonly events: number;
  /** Age of the oldest of them in milliseconds; 0 if there is none. */
  readonly oldestMs: number;
  /** Since the process started: given up because too many waited … */
  readonly dropped: number;
  /** … and because they had become too old. */
  readonly givenUp: number;
  /** True while a server that is killed loses none of them. */
  readonly onDisk: boolean;
}

/** Health of a configured URL since the server started, or since it was configured. */
export interface UrlHealth {
  /** As deliveries show it. */
  readonly url: string;
  readonly origin: string;
  /** The directives that name it. */
  readonly events: readonly string[];
  /** Of several worker processes, the one that is worst off. */
  readonly breaker: BreakerState;
  /** Open where none of the origin's URLs answers in time. */
  readonly originBreaker: BreakerState;
  /** False while connections to the origin cannot be had: clients wait for it. */
  readonly reachable: boolean;
  readonly outcomes: Readonly<Record<DeliveryOutcome, number>>;
  readonly latency: {
    /** Attempts that took no longer than `le` milliseconds, and longer than the bucket before; null is no bound. */
    readonly buckets: readonly { readonly le: number | null; readonly count: number }[];
    /** Estimates, no finer than the buckets; 0 while nothing was sent. */
    readonly p50Ms: number;
    readonly p99Ms: number;
  };
}

/** Views and actions on the hooks of a running server. */
export interface HookControl {
  readonly deliveries: DeliveryLog;
  /** Sends an event again; rejects with a RequestError if that cannot be done. */
  replay(id: string): Promise<Delivery>;
  outbox(): OutboxStats;
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
}

/** A directive or a block of the resolved configuration, as it may be shown: secrets are `***`. */
export interface ShownSetting {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly ShownSetting[] | undefined;
  /** `file` may name a variable; `line` and `column` count from 1, and are 0 where there is none. */
  readonly origin:
    | 'default'
    | 'unset'
    | { readonly file: string; readonly line: number; readonly column: number };
}

/** Outcome of checking a configuration text. */
export interface ConfigTrial {
  readonly ok: boolean;
  /** As the command line has them: `file:line:column: what is wrong`. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Differences from the configuration in force; a value that is not there is null. */
  readonly changes: readonly {
    readonly path: string;
    readonly from: string | null;
    readonly to: string | null;
  }[];
}

/** The configuration of a running server, and the file that it is in. */
export interface ConfigControl {
  readonly file: string;
  /** The configuration in force. */
  settings(): readonly ShownSetting[];
  warnings(): readonly string[];
  /** The text of the file as it is now, and a name for exactly this text. */
  read(): Promise<{ readonly text: string; readonly etag: string }>;
  check(text: string): ConfigTrial;
  /**
   * Puts the text in the file's place and goes over to it. If the text has errors or the server cannot go over, file and
   * server stay as they are. Rejects with a RequestError if the file is not the one that `etag` names any more.
   */
  apply(text: string, etag: string): Promise<ConfigTrial & { readonly applied: boolean }>;
}

/** An address on which the server listens. */
export interface ListeningPlace {
  readonly protocol: 'rtmp' | 'rtmps' | 'http' | 'https' | 'api';
  readonly host: string;
  readonly port: number;
}

/** Views and actions on a running server. The API knows nothing else of it. */
export interface ServerControl {
  readonly version: string;
  readonly serverId: string;
  readonly serviceId: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  readonly stats: StatsSource;
  readonly hooks: HookControl;
  /** Health of each configured URL. */
  health(): readonly UrlHealth[];
  listening(): readonly ListeningPlace[];
  vhosts(): readonly VhostOptions[];
  /** Of hooks and server, in the text format of Prometheus. */
  metrics(): Promise<string>;
  /** False while the server does not take newcomers. */
  ready(): boolean;
  /** Undefined where the configuration is in no file. */
  readonly configuration: ConfigControl | undefined;
}

/** Something that cannot be done as asked. The message is a sentence for the one who asked. */
export class RequestError extends Error {
  /** `unknown`: there is no such thing. `impossible`: there is, but this cannot be done with it now. */
  readonly kind: 'unknown' | 'impossible';

  constructor(kind: RequestError['kind'], message: string) {
    super(message);
    this.name = 'RequestError';
    this.kind = kind;
  }
}
