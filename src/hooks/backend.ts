import type { Clock } from '../model/clock.ts';
import type { BreakerState } from '../model/delivery.ts';
import type { SendKind } from './admission.ts';
import { Breaker } from './breaker.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeFailure } from './describe-failure.ts';
import { Endpoint, type Side, unreachableLimits } from './endpoint.ts';
import { Exchange, type Exchanged, type Post, unsent } from './exchange.ts';
import type { GateDeadline } from './gate-deadline.ts';
import type { BackendOptions, Target } from './target.ts';

/** Who wants to know how a backend fares. */
export interface BackendEvents {
  /** A breaker that goes by the time of a URL has changed its state. */
  timeChanged(shown: string, breaker: Breaker, before: BreakerState): void;
  /** The state of a URL has changed, or that of the whole origin, which is open where none of its URLs answers in time. */
  stateChanged(state: BreakerState, shown?: string): void;
  /** Connections cannot be had any more, or can be had again; `last` says how the last attempt failed. */
  reachChanged(isReachable: boolean, last: string): void;
}

/** A server that takes hooks: the connections to it, and whether it is worth trying. Redirects are answers, not followed. */
export class Backend {
  readonly origin: string;
  readonly #options: BackendOptions;
  readonly #clock: Clock;
  readonly #events: BackendEvents;
  /** By path. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #reach: Readonly<Record<Side, Breaker>>;
  #pool: ConnectionPool | undefined;
  #state: BreakerState = 'closed';
  #isReachable = true;

  constructor(options: BackendOptions, clock: Clock, events: BackendEvents) {
    this.origin = options.origin;
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    const limits = unreachableLimits(options);
    const reach = (): Breaker => {
      const breaker: Breaker = new Breaker(limits, clock, () => this.#reachChanged(breaker));
      return breaker;
    };
    this.#reach = { asked: reach(), told: reach() };
  }

  /** Resolves with the answer, whatever its status, or with why there is none, at once when `limit` ends. Never rejects. */
  post(post: Post, kind: SendKind, target: Target, limit: GateDeadline): Promise<Exchanged> {
    if (limit.why !== undefined) return Promise.resolve(unsent(limit.why, false));
    const admission = this.#endpointOf(target).admission(kind);
    if (!admission.waits && admission.isShut) return Promise.resolve(unsent(admission.why ?? '', true));
    return new Promise((resolve) => {
      try {
        this.#pool ??= new ConnectionPool(this.#options, this.#clock);
      } catch (error) {
        return resolve(unsent(describeFailure(error as Error, false), false));
      }
      const pool = this.#pool;
      const exchange = new Exchange({ pool, admission, clock: this.#clock, limit }, post, (exchanged) => {
        resolve(exchanged);
        // What it has shown may let others go.
        pool.startWaiting();
      });
      limit.listener = (why) => exchange.end(why);
      if (!pool.run(exchange))
        exchange.dismiss(`was not asked: ${this.#options.maxQueue} requests wait for it already`);
    });
  }

  /** Forgets the URLs that have none of these paths; their requests of this moment are let finish. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const [path, { shown, state }] of this.#endpoints) {
      if (paths.has(path)) continue;
      this.#endpoints.delete(path);
      if (state !== 'closed') this.#events.stateChanged(this.#stateOf(shown), shown);
    }
    this.#reviewOrigin();
  }

  /** Closes the connections, each behind its last request. */
  retire(): void {
    this.#pool?.retire();
    if (!this.#isReachable) this.#events.reachChanged(true, '');
  }

  /** Cuts the connections. */
  async close(): Promise<void> {
    for (const breaker of Object.values(this.#reach)) breaker.stop();
    for (const endpoint of this.#endpoints.values()) endpoint.stop();
    await this.#pool?.destroy();
  }

  #endpointOf({ path, shown }: Target): Endpoint {
    const known = this.#endpoints.get(path);
    if (known !== undefined) return known;
    const fresh: Endpoint = new Endpoint(shown, {
      options: this.#options,
      clock: this.#clock,
      reach: this.#reach,
      timeChanged: (side, breaker, before) => {
        this.#events.timeChanged(shown, breaker, before);
        this.#events.stateChanged(this.#stateOf(shown), shown);
        this.#reviewOrigin();
        // One that answers again shows that the others may.
        if (breaker.state === 'closed')
          for (const endpoint of this.#endpoints.values()) endpoint.hasten(side);
        this.#reviewWaiting(breaker);
      },
      serviceChanged: (breaker) => this.#reviewWaiting(breaker),
    });
    this.#endpoints.set(path, fresh);
    return fresh;
  }

  #reachChanged(breaker: Breaker): void {
    const { asked, told } = this.#reach;
    // A connection is one, whoever made it.
    if (breaker.state === 'closed')
      for (const one of [asked, told]) if (one.state !== 'closed') one.observe('well');
    const isReachable = asked.state === 'closed' && told.state === 'closed';
    if (isReachable !== this.#isReachable) {
      this.#isReachable = isReachable;
      this.#events.reachChanged(isReachable, breaker.last);
    }
    this.#reviewWaiting(breaker);
  }

  /** Of URLs that are shown alike, the one that is worst off counts. */
  #stateOf(shown: string): BreakerState {
    const alike = [...this.#endpoints.values()].filter((endpoint) => endpoint.shown === shown);
    return (['open', 'half_open'] as const).find((it) => alike.some(({ state }) => state === it)) ?? 'closed';
  }

  #reviewOrigin(): void {
    const states = Array.from(this.#endpoints.values(), (endpoint) => endpoint.state);
    const answers = states.length === 0 || states.includes('closed');
    const state = answers ? 'closed' : states.includes('half_open') ? 'half_open' : 'open';
    if (state === this.#state) return;
    this.#state = state;
    this.#events.stateChanged(state);
  }

  /** Lets those go who waited for this, or fail who do not wait for it. */
  #reviewWaiting({ state }: Breaker): void {
    if (state === 'open') this.#pool?.dismissHasty();
    else this.#pool?.startWaiting();
  }
}
