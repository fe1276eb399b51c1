import type { Clock } from '../model/clock.ts';
import type { BreakerState, HookObserver } from '../model/delivery.ts';
import { LogThrottle } from '../model/log-throttle.ts';
import type { Logger } from '../model/logger.ts';
import { Admission, Breaker, type BreakerLimits, type Guards, type SendKind } from './breaker.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeFailure, Exchange, type HttpReply, type Post, unsent } from './exchange.ts';
import type { GateDeadline } from './question.ts';
import type { BackendOptions, Target } from './target.ts';

/** Time to the first repetition of a question, and to the first probe of an origin out of reach, in milliseconds. */
export const FIRST_RETRY_MS = 50;

/** Shortest time between two log lines about one URL that fails and is passed over, in milliseconds. */
export const FAILURE_LOG_INTERVAL_MS = 10_000;

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
  post(post: Post, kind: SendKind, target: Target, limit: GateDeadline): Promise<HttpReply> {
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
      const exchange = new Exchange({ pool, admission, clock: this.#clock, limit }, post, (reply) => {
        resolve(reply);
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

/** All servers that take hooks. */
export class Backends {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: HookObserver;
  readonly #known = new Map<string, Backend>();
  readonly #outages: LogThrottle;

  constructor(clock: Clock, logger: Logger, observer: HookObserver) {
    this.#clock = clock;
    this.#logger = logger;
    this.#observer = observer;
    this.#outages = new LogThrottle(clock, FAILURE_LOG_INTERVAL_MS);
  }

  /** A target of an older configuration opens its backend anew if it was closed; the next reload closes it again. */
  of({ backendKey, backend }: Target): Backend {
    const known = this.#known.get(backendKey);
    if (known !== undefined) return known;
    const fresh = new Backend(backend, this.#clock, this.#eventsOf(backend.origin));
    this.#known.set(backendKey, fresh);
    return fresh;
  }

  /** Forgets the backends and URLs that none of `targets` uses; their requests of this moment are let finish. */
  keepOnly(targets: Iterable<Target>): void {
    const wanted = new Map<string, Set<string>>();
    for (const { backendKey, path } of targets) {
      const paths = wanted.get(backendKey) ?? new Set();
      wanted.set(backendKey, paths.add(path));
    }
    for (const [key, backend] of this.#known) {
      const paths = wanted.get(key) ?? new Set();
      backend.keepOnly(paths);
      if (paths.size > 0) continue;
      this.#known.delete(key);
      backend.retire();
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const backends = Array.from(this.#known.values());
    this.#known.clear();
    await Promise.all(backends.map((backend) => backend.close()));
  }

  #eventsOf(origin: string): BackendEvents {
    let isReachSaid = false;
    const events: BackendEvents = {
      timeChanged: (url, { state, failures, last }, before) => {
        // A probe that fails is the same trouble still, and no second line.
        if (state === 'closed') this.#logger.info({ url }, 'backend recovered');
        else if (before === 'closed')
          this.#logger.warn({ url, failures, last: `The backend ${last}.` }, 'backend failing, breaker open');
        else this.#logger.debug({ url, state }, 'breaker probe sent');
      },
      stateChanged: (state, url) => this.#observer.breaker(origin, state, url),
      reachChanged: (isReachable, last) => {
        this.#observer.reachable(origin, isReachable);
        if (isReachable) {
          if (isReachSaid) this.#logger.info({ origin }, 'backend reachable again');
          return;
        }
        const times = this.#outages.due(events);
        isReachSaid = times !== undefined;
        if (isReachSaid)
          this.#logger.warn({ origin, last: `The backend ${last}.`, times }, 'backend unreachable');
      },
    };
    return events;
  }
}

/** Time to the first probe of a URL that answers too late, in milliseconds; doubled up to `breaker_open`. */
const FIRST_PROBE_MS = 250;

/** Longest time between two probes of a backend that cannot be reached, in milliseconds: they cost it nothing. */
const MAX_UNREACHABLE_PROBE_MS = 250;

/** Requests where a client waits, and those where nobody does: neither holds up the other. */
export type Side = 'asked' | 'told';

/** What the breakers of a URL need. */
export interface EndpointDeps {
  readonly options: BackendOptions;
  readonly clock: Clock;
  /** The breakers of the origin, which go by whether connections can be had. */
  readonly reach: Readonly<Record<Side, Breaker>>;
  /** Called when a breaker that goes by time has changed its state. */
  timeChanged(side: Side, breaker: Breaker, before: BreakerState): void;
  /** Called when the breaker of repetitions has changed its state. */
  serviceChanged(breaker: Breaker): void;
}

/** One URL of a backend, and how it fares. */
export class Endpoint {
  readonly shown: string;
  readonly #admissions: Readonly<Record<SendKind, Admission>>;
  readonly #time: Readonly<Record<Side, Breaker>>;
  readonly #service: Breaker;
  #isAsked = false;

  /** `shown` is the URL as it may be shown. */
  constructor(shown: string, { options, clock, reach, timeChanged, serviceChanged }: EndpointDeps) {
    this.shown = shown;
    const { failures, openMs } = options.breaker;
    const limits: BreakerLimits = {
      failures,
      firstProbeMs: FIRST_PROBE_MS,
      maxProbeMs: openMs,
      jitter: 0,
      maxWindow: options.maxConnections,
    };
    const byTime = (side: Side) => {
      const breaker: Breaker = new Breaker(limits, clock, (_state, before) =>
        timeChanged(side, breaker, before),
      );
      return breaker;
    };
    this.#time = { asked: byTime('asked'), told: byTime('told') };
    const service: Breaker = new Breaker(unreachableLimits(options), clock, () => serviceChanged(service));
    this.#service = service;
    const guards = (side: Side): Guards => ({
      time: this.#time[side],
      reach: reach[side],
      service: this.#service,
    });
    this.#admissions = {
      question: new Admission('question', guards('asked')),
      repetition: new Admission('repetition', guards('asked')),
      'hasty question': new Admission('hasty question', guards('asked')),
      event: new Admission('event', guards('told')),
    };
  }

  /** What requests of that kind are sent by. */
  admission(kind: SendKind): Admission {
    if (kind !== 'event') this.#isAsked = true;
    return this.#admissions[kind];
  }

  /** Whether it answers in time: questions, or what is told if it is asked none. */
  get state(): BreakerState {
    return this.#time[this.#isAsked ? 'asked' : 'told'].state;
  }

  /** Lets the next probe be sent at once. */
  hasten(side: Side): void {
    this.#time[side].hasten();
  }

  /** Stops all timers. */
  stop(): void {
    for (const breaker of [this.#time.asked, this.#time.told, this.#service]) breaker.stop();
  }
}

/** Of a breaker that opens with the first failure, as that costs nothing: it is probed often. */
export function unreachableLimits({ maxConnections }: BackendOptions): BreakerLimits {
  return {
    failures: 1,
    firstProbeMs: FIRST_RETRY_MS,
    maxProbeMs: MAX_UNREACHABLE_PROBE_MS,
    jitter: 0.5,
    maxWindow: maxConnections,
  };
}
