import type { Clock } from '../model/clock.ts';
import type { BreakerState } from '../model/delivery.ts';
import { Admission, type Guards, type SendKind } from './admission.ts';
import { Breaker, type BreakerLimits } from './breaker.ts';
import { FIRST_RETRY_MS } from './limits.ts';
import type { BackendOptions } from './target.ts';

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
