/** What somebody who runs the server may see and do of its hooks. The door to it (src/http) knows nothing else. */
import type { Delivery } from './delivery.ts';
import type { Action } from './lifecycle.ts';

/** The name of the socket in the state directory. */
export const CONTROL_SOCKET = 'control.sock';

/** Which deliveries somebody wants to see; what is left out does not matter. */
export interface DeliveryFilter {
  readonly vhost?: string | undefined;
  readonly event?: Action | undefined;
  readonly client?: string | undefined;
  /** True leaves out what arrived, and refusals of questions: a backend that says no works. */
  readonly failed?: boolean | undefined;
}

/** Somebody who sees deliveries as they come. What comes faster than it is taken is lost to him, and counted. */
export interface Follower {
  /**
   * Takes what has come since, the oldest first, `limit` at most. `missed` counts those, of any kind, that came and went
   * without being taken. Undefined when there will be no more.
   */
  take(limit: number): { readonly deliveries: readonly Delivery[]; readonly missed: number } | undefined;
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

/** What waits on its way to the backends. */
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

/** What can be seen and done of the hooks of a running server. */
export interface HookControl {
  readonly deliveries: DeliveryLog;
  /** Sends an event again; rejects with a RequestError if that cannot be done. */
  replay(id: string): Promise<Delivery>;
  outbox(): OutboxStats;
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
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
