import type { UrlHealth } from '../model/control.ts';
import type { BreakerState, CountedDelivery, DeliveryOutcome } from '../model/delivery.ts';
import type { HookOptions } from '../model/options.ts';
import { showUrl } from './target.ts';

/** Upper bounds of the buckets, in milliseconds; what took longer is in one behind them. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

const WORST_LAST: readonly BreakerState[] = ['closed', 'half_open', 'open'];

interface Score {
  readonly origin: string;
  events: Set<string>;
  readonly outcomes: Record<DeliveryOutcome, number>;
  readonly buckets: number[];
}

/** How each configured URL fares. What is not configured is not counted, so there are few. */
export class HookHealth {
  #scores = new Map<string, Score>();
  /** State of the breaker of each URL and origin, by the process that has it. */
  readonly #breakers = new Map<string, Map<string, BreakerState>>();
  /** Origins that cannot be reached, by the process that says so. */
  readonly #unreachable = new Map<string, Set<string>>();

  /** Takes the hooks that are configured; scores of URLs that stay are kept. */
  configure(hooks: readonly HookOptions[]): void {
    const scores = new Map<string, Score>();
    for (const { enabled, urls } of hooks) {
      if (!enabled) continue;
      for (const [event, texts] of Object.entries(urls)) {
        for (const url of texts.map((text) => new URL(text))) {
          const shown = showUrl(url);
          const score = scores.get(shown) ?? {
            ...(this.#scores.get(shown) ?? newScore(url.origin)),
            events: new Set(),
          };
          score.events.add(event);
          scores.set(shown, score);
        }
      }
    }
    this.#scores = scores;
    const origins = new Set(Array.from(scores.values(), ({ origin }) => origin));
    for (const name of this.#breakers.keys())
      if (!origins.has(name) && !scores.has(name)) this.#breakers.delete(name);
    for (const origin of this.#unreachable.keys()) if (!origins.has(origin)) this.#unreachable.delete(origin);
  }

  delivered({ url, outcome, timing }: CountedDelivery): void {
    const score = this.#scores.get(url);
    if (!score) return;
    score.outcomes[outcome] += 1;
    // What was not sent took no time.
    if (outcome === 'skipped') return;
    const fitting = BOUNDS_MS.findIndex((bound) => timing.totalMs <= bound);
    const index = fitting === -1 ? BOUNDS_MS.length : fitting;
    score.buckets[index] = (score.buckets[index] ?? 0) + 1;
  }

  /** `name` is the URL or the origin whose breaker it is, `process` the process that has it. */
  breaker(name: string, state: BreakerState, process = ''): void {
    const states = this.#breakers.get(name) ?? new Map<string, BreakerState>();
    this.#breakers.set(name, states.set(process, state));
  }

  /** `process` is the one that can reach the origin, or not. */
  reachable(origin: string, isReachable: boolean, process = ''): void {
    const processes = this.#unreachable.get(origin) ?? new Set<string>();
    if (isReachable) processes.delete(process);
    else processes.add(process);
    this.#unreachable.set(origin, processes);
  }

  /** A process has ended, and its breakers with it. */
  gone(process: string): void {
    for (const states of this.#breakers.values()) states.delete(process);
    for (const processes of this.#unreachable.values()) processes.delete(process);
  }

  report(): readonly UrlHealth[] {
    return Array.from(this.#scores, ([url, { origin, events, outcomes, buckets }]) => ({
      url,
      origin,
      events: [...events],
      breaker: this.#worst(url),
      originBreaker: this.#worst(origin),
      reachable: (this.#unreachable.get(origin)?.size ?? 0) === 0,
      outcomes: { ...outcomes },
      latency: {
        buckets: buckets.map((count, index) => ({ le: BOUNDS_MS[index] ?? null, count })),
        p50Ms: quantile(buckets, 0.5),
        p99Ms: quantile(buckets, 0.99),
      },
    }));
  }

  #worst(name: string): BreakerState {
    const states = [...(this.#breakers.get(name)?.values() ?? [])];
    return WORST_LAST.findLast((state) => states.includes(state)) ?? 'closed';
  }
}

function newScore(origin: string): Score {
  return {
    origin,
    events: new Set(),
    outcomes: { allowed: 0, refused: 0, failed: 0, skipped: 0 },
    buckets: [...BOUNDS_MS, 0].map(() => 0),
  };
}

/** 0 of nothing. Where in its bucket the quantile is taken to be, as Prometheus does: all of a bucket are spread evenly in it. */
function quantile(buckets: readonly number[], part: number): number {
  const wanted = part * buckets.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (const [index, count] of buckets.entries()) {
    if (count > 0 && before + count >= wanted) {
      const low = BOUNDS_MS[index - 1] ?? 0;
      const high = BOUNDS_MS[index] ?? low;
      return Math.round((low + (high - low) * ((wanted - before) / count)) * 100) / 100;
    }
    before += count;
  }
  return 0;
}
