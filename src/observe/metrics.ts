import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OutboxStats } from '../model/control.ts';
import type { BreakerState, CountedDelivery } from '../model/delivery.ts';
import { ACTIONS, type Action } from '../model/events.ts';

/** Upper bounds of the histogram's buckets, in seconds: a backend beside us to one that just makes a time-out of 10 s. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

const OUTCOMES: readonly CountedDelivery['outcome'][] = ['allowed', 'refused', 'failed', 'skipped'];

/** Metrics of the hooks for Prometheus. Labels are events and configured origins, so there are few. */
export class HookMetrics {
  readonly #registry = new Registry();
  readonly #deliveries: Counter<'event' | 'origin' | 'outcome'>;
  readonly #duration: Histogram<'event' | 'origin'>;
  readonly #cacheHits: Counter<'event'>;
  readonly #breaker: Gauge<'origin'>;
  /** State of each origin's breaker, by the process that has it. */
  readonly #breakers = new Map<string, Map<string, BreakerState>>();
  readonly #reachable: Gauge<'origin'>;
  /** Origins that cannot be reached, by the process that says so. */
  readonly #unreachable = new Map<string, Set<string>>();
  readonly #origins = new Set<string>();

  /** `outbox` is asked whenever somebody reads the metrics. */
  constructor(outbox: () => OutboxStats) {
    const registers = [this.#registry];
    this.#deliveries = new Counter({
      name: 'gatecast_hook_deliveries_total',
      help: 'Attempts to deliver an event to a backend, by what came of them.',
      labelNames: ['event', 'origin', 'outcome'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'gatecast_hook_duration_seconds',
      help: 'Time that an attempt took, from the queue for a connection to the last byte of the answer.',
      labelNames: ['event', 'origin'],
      buckets: BUCKETS,
      registers,
    });
    this.#cacheHits = new Counter({
      name: 'gatecast_hook_cache_hits_total',
      help: 'Questions that were answered without asking a backend, from an earlier answer.',
      labelNames: ['event'],
      registers,
    });
    this.#breaker = new Gauge({
      name: 'gatecast_hook_breaker_state',
      help: 'Circuit breaker of a backend: 2 open, as none of its URLs answers in time, 1 half-open, 0 closed. Of several workers, the one that is worst off.',
      labelNames: ['origin'],
      registers,
    });
    this.#reachable = new Gauge({
      name: 'gatecast_hook_reachable',
      help: 'Whether connections to a backend can be had: 1, or 0 while clients wait for it. Of several workers, the one that is worst off.',
      labelNames: ['origin'],
      registers,
    });
    this.#observeOutbox(outbox);
  }

  delivered({ action, origin, outcome, timing }: CountedDelivery): void {
    this.#origins.add(origin);
    this.#deliveries.inc({ event: action, origin, outcome });
    // A request that was not sent took no time, and would make a backend that is down look fast.
    if (outcome !== 'skipped') this.#duration.observe({ event: action, origin }, timing.totalMs / 1000);
  }

  /** `count` questions were answered from the cache. */
  cached(action: Action, count = 1): void {
    this.#cacheHits.inc({ event: action }, count);
  }

  /** `process` is whose breaker it is. */
  breaker(origin: string, state: BreakerState, process = ''): void {
    this.#origins.add(origin);
    const states = this.#breakers.get(origin) ?? new Map<string, BreakerState>();
    this.#breakers.set(origin, states.set(process, state));
    this.#showBreaker(origin, states);
  }

  /** `process` is the one that can reach the origin, or not. */
  reachable(origin: string, isReachable: boolean, process = ''): void {
    this.#origins.add(origin);
    const processes = this.#unreachable.get(origin) ?? new Set<string>();
    if (isReachable) processes.delete(process);
    else processes.add(process);
    this.#unreachable.set(origin, processes);
    this.#reachable.set({ origin }, processes.size === 0 ? 1 : 0);
  }

  /** A process has ended, and its breakers with it. */
  gone(process: string): void {
    for (const [origin, processes] of this.#unreachable) {
      if (processes.has(process)) this.reachable(origin, true, process);
    }
    for (const [origin, states] of this.#breakers) {
      if (states.delete(process)) this.#showBreaker(origin, states);
    }
  }

  /** Takes the origins that are configured: each has a breaker from now on, and those that are not are forgotten. */
  configure(origins: ReadonlySet<string>): void {
    for (const origin of origins) {
      if (!this.#breakers.has(origin)) this.#breaker.set({ origin }, BREAKER_VALUES.closed);
      if (!this.#unreachable.has(origin)) this.#reachable.set({ origin }, 1);
      this.#origins.add(origin);
    }
    for (const origin of this.#origins) {
      if (origins.has(origin)) continue;
      this.#origins.delete(origin);
      this.#breakers.delete(origin);
      this.#breaker.remove({ origin });
      this.#unreachable.delete(origin);
      this.#reachable.remove({ origin });
      for (const event of ACTIONS) {
        this.#duration.remove({ event, origin });
        for (const outcome of OUTCOMES) this.#deliveries.remove({ event, origin, outcome });
      }
    }
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #showBreaker(origin: string, states: ReadonlyMap<string, BreakerState>): void {
    const values = Array.from(states.values(), (state) => BREAKER_VALUES[state]);
    this.#breaker.set({ origin }, Math.max(0, ...values));
  }

  #observeOutbox(outbox: () => OutboxStats): void {
    const registers = [this.#registry];
    const gauges = [
      ['gatecast_outbox_events', 'Events that wait for their backends.', () => outbox().events],
      [
        'gatecast_outbox_oldest_seconds',
        'Age of the event that has waited for longest.',
        () => outbox().oldestMs / 1000,
      ],
    ] as const;
    for (const [name, help, read] of gauges) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
    const counters = [
      ['gatecast_outbox_dropped_total', 'Events dropped because too many waited.', () => outbox().dropped],
      [
        'gatecast_outbox_given_up_total',
        'Events given up because they had become too old.',
        () => outbox().givenUp,
      ],
    ] as const;
    for (const [name, help, read] of counters) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    }
  }
}
