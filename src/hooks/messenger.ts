import type { ClosingEvent } from '../model/lifecycle.ts';
import { type Delivery, DeliveryQueue } from './delivery-queue.ts';
import type { Stamped } from './event.ts';
import { DROP_LOG_INTERVAL_MS } from './limits.ts';
import { describe, type Means, since } from './means.ts';
import type { Target } from './target.ts';
import { TimeLimit } from './time-limit.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** What became of the closing events of a stopping server. */
export interface DrainReport {
  /** Taken by every one of their URLs while the server was waiting. */
  readonly delivered: number;
  /** Failed meanwhile, or still outstanding at the end. */
  readonly lost: number;
}

/** Carries closing events to the backends. */
export class Messenger {
  readonly #means: Means;
  readonly #queue: DeliveryQueue;
  readonly #open = new Set<TimeLimit>();
  #closed = false;
  #dropped = 0;
  #dropLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(means: Means, bounds: { readonly maxWaiting?: number; readonly maxRunning?: number } = {}) {
    this.#means = means;
    this.#queue = new DeliveryQueue({
      ...bounds,
      deliver: (delivery) => this.#deliver(delivery),
      dropped: () => this.#countDrop(),
    });
  }

  /** Takes an event for delivery and returns at once. */
  tell(event: ClosingEvent, hooks: VhostHooks): void {
    if (!hooks.targets.has(event.action)) return;
    if (this.#closed) this.#means.logger.warn(describe(event), 'closing event lost: the server has stopped');
    else this.#queue.add({ event, hooks });
  }

  /** Waits until all that was told has been delivered, `timeoutMs` at most. */
  async drain(timeoutMs: number): Promise<DrainReport> {
    const { arrived, failed } = this.#queue;
    if (this.#queue.outstanding > 0) await this.#idleWithin(timeoutMs);
    const delivered = this.#queue.arrived - arrived;
    const lost = this.#queue.failed - failed + this.#queue.outstanding;
    if (lost > 0)
      this.#means.logger.warn({ delivered, lost, timeoutMs }, 'closing events lost while stopping');
    return { delivered, lost };
  }

  /** Drops what waits and aborts what is on its way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#logDrops();
    this.#queue.clear();
    const idle = new Promise<void>((resolve) => this.#queue.onIdle(resolve));
    for (const limit of this.#open) limit.end('was not waited for: the server is stopping');
    if (this.#queue.outstanding > 0) await idle;
  }

  #idleWithin(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.clear();
        stop();
        resolve();
      };
      const stop = this.#queue.onIdle(end);
      const timer = this.#means.clock.after(timeoutMs, end);
    });
  }

  /** Tries every URL in order; each has its own time, so that a hung one does not take that of the next. */
  async #deliver({ event, hooks }: Delivery): Promise<boolean> {
    const stamped = this.#means.stamper.stamp(event);
    let arrived = true;
    for (const target of hooks.targets.get(event.action) ?? []) {
      if (this.#closed) return false;
      arrived = (await this.#post(stamped, hooks, target)) && arrived;
    }
    return arrived;
  }

  async #post(event: Stamped<ClosingEvent>, hooks: VhostHooks, target: Target): Promise<boolean> {
    const { caller, clock, logger } = this.#means;
    const began = clock.now();
    const limit = new TimeLimit(clock, hooks.timeoutMs);
    this.#open.add(limit);
    const judgement = await caller.call({ event, hooks, target, attempt: 1 }, limit);
    this.#open.delete(limit);
    limit.clear();
    const fields = { ...describe(event), url: target.shown, ms: since(clock, began) };
    if (judgement.allowed) logger.debug(fields, 'closing event delivered');
    else if (!this.#closed) logger.warn({ ...fields, reason: judgement.message }, 'closing event failed');
    return judgement.allowed;
  }

  /** One line per interval: whoever loses events by the thousand has no use for a line about each. */
  #countDrop(): void {
    this.#dropped++;
    const now = this.#means.clock.now();
    if (now - this.#dropLoggedAt < DROP_LOG_INTERVAL_MS) return;
    this.#dropLoggedAt = now;
    this.#logDrops();
  }

  #logDrops(): void {
    if (this.#dropped === 0) return;
    this.#means.logger.warn(
      { dropped: this.#dropped },
      'closing events dropped: too many wait for their backends',
    );
    this.#dropped = 0;
  }
}
