import type { Clock } from '../model/clock.ts';
import type { BreakerState, CountedDelivery, Delivery, HookObserver, HookReport } from '../model/delivery.ts';
import type { Action } from '../model/events.ts';

/** Deliveries that one report brings whole; the primary counts the others. */
export const MAX_REPORTED_DELIVERIES = 100;
/** Deliveries that one report brings for counting; over it they are not even counted. */
export const MAX_COUNTED_DELIVERIES = 10_000;
/** The shortest time between two reports. */
const REPORT_PAUSE_MS = 50;

/**
 * A worker's observer of its hooks: tells the primary, which has journal and metrics for all. What happens in one turn
 * goes in one message, and however much happens, only so much of it: media comes first here.
 */
export class HookReporter implements HookObserver {
  readonly #clock: Clock;
  readonly #send: (report: HookReport, sent: () => void) => void;
  #deliveries: Delivery[] = [];
  #counted: CountedDelivery[] = [];
  /** By URL, or by origin. */
  readonly #breakers = new Map<string, readonly [origin: string, state: BreakerState, url?: string]>();
  readonly #reachable = new Map<string, boolean>();
  readonly #cached = new Map<Action, number>();
  #scheduled = false;

  /** `send` calls back when there is room for the next report. */
  constructor(clock: Clock, send: (report: HookReport, sent: () => void) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  delivered(delivery: Delivery): void {
    if (this.#deliveries.length < MAX_REPORTED_DELIVERIES) this.#deliveries.push(delivery);
    else if (this.#counted.length < MAX_COUNTED_DELIVERIES) this.#counted.push(count(delivery));
    this.#schedule();
  }

  breaker(origin: string, state: BreakerState, url?: string): void {
    this.#breakers.set(url ?? origin, url === undefined ? [origin, state] : [origin, state, url]);
    this.#schedule();
  }

  reachable(origin: string, isReachable: boolean): void {
    this.#reachable.set(origin, isReachable);
    this.#schedule();
  }

  cached(action: Action): void {
    this.#cached.set(action, (this.#cached.get(action) ?? 0) + 1);
    this.#schedule();
  }

  /** Tells at once what has not been told yet. */
  flush(): void {
    if (this.#isEmpty) return;
    const report: HookReport = {
      deliveries: this.#deliveries,
      counted: this.#counted,
      breakers: [...this.#breakers.values()],
      reachable: [...this.#reachable],
      cached: [...this.#cached],
    };
    this.#deliveries = [];
    this.#counted = [];
    this.#breakers.clear();
    this.#reachable.clear();
    this.#cached.clear();
    this.#scheduled = true;
    this.#send(report, () => this.#clock.after(REPORT_PAUSE_MS, () => this.#next()));
  }

  get #isEmpty(): boolean {
    return (
      this.#deliveries.length === 0 &&
      this.#counted.length === 0 &&
      this.#breakers.size === 0 &&
      this.#reachable.size === 0 &&
      this.#cached.size === 0
    );
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.endOfTurn(() => this.flush());
  }

  /** What came while the last report was on its way. */
  #next(): void {
    this.#scheduled = false;
    this.flush();
  }
}

function count({ action, origin, url, outcome, timing: { totalMs } }: Delivery): CountedDelivery {
  return { action, origin, url, outcome, timing: { totalMs } };
}
