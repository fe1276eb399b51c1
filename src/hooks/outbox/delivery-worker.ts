import { backoffMs, type Clock } from '../../model/clock.ts';
import type { Delivery } from '../../model/delivery.ts';
import { ThrottledWarnings } from '../../model/log-throttle.ts';
import type { Logger } from '../../model/logger.ts';
import type { OutboxOptions } from '../../model/options.ts';
import { describe, since } from '../deps.ts';
import type { HookClient } from '../hook-client.ts';
import { GateDeadline } from '../question.ts';
import type { Target } from '../target.ts';
import type { VhostHooks } from '../vhost-hooks.ts';
import type { HookRouting } from './hook-routing.ts';
import type { Outcome } from './queue.ts';
import type { EventRecord } from './records.ts';
import type { SteadyTime } from './steady-time.ts';
import type { Store } from './store.ts';

/** What a courier needs. */
export interface DeliveryWorkerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hookClient: HookClient;
  readonly store: Store;
  /** By which events grow old. */
  readonly time: SteadyTime;
  readonly directory: HookRouting;
  /** The outbox's options of this moment. */
  options(): OutboxOptions;
}

/** Brings events from the store to the backends. */
export class DeliveryWorker {
  readonly #deps: DeliveryWorkerDeps;
  readonly #open = new Set<GateDeadline>();
  readonly #trouble: ThrottledWarnings;
  #givenUp = 0;
  #arrived = 0;
  #closed = false;

  constructor(deps: DeliveryWorkerDeps) {
    this.#deps = deps;
    this.#trouble = new ThrottledWarnings(deps.clock, deps.logger);
  }

  /** Events so far that were too old in the end. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** Events so far that every one of their URLs has. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Tries every URL that lacks the event, in order, each with a time of its own. Never rejects. */
  async deliver(seq: number, barred: ReadonlySet<string>, attempt: number): Promise<Outcome> {
    const { store, options, directory } = this.#deps;
    const record = store.get('events', seq) as EventRecord | undefined;
    if (record === undefined) return 'done';
    const { event } = record;
    if (this.#isTooOld(record)) return this.#giveUp(record);
    const hooks = directory.hooksFor(event.vhost, event.action, record);
    const targets = hooks.targets.get(event.action) ?? [];
    const taken = new Set(record.taken);
    const missing = new Set<string>();
    for (const target of targets.filter((candidate) => !taken.has(urlOf(candidate)))) {
      if (this.#closed || barred.has(originOf(target))) missing.add(originOf(target));
      else if (await this.#call(record, hooks, target, attempt)) taken.add(urlOf(target));
      else missing.add(originOf(target));
    }
    if (missing.size === 0) {
      store.remove('events', seq);
      this.#arrived++;
      return 'done';
    }
    if (taken.size > record.taken.length) store.put('events', seq, { ...record, taken: [...taken] });
    const { retryMinMs, retryMaxMs } = options();
    return { missing, againMs: backoffMs(attempt, retryMinMs, retryMaxMs) };
  }

  /** Aborts what is on its way. */
  close(): void {
    this.#closed = true;
    for (const limit of this.#open) limit.end('was not waited for: the server is stopping');
    this.#trouble.flush();
  }

  async #call(record: EventRecord, hooks: VhostHooks, target: Target, attempt: number): Promise<boolean> {
    const { hookClient, clock, logger } = this.#deps;
    const { event, bodies } = record;
    const began = clock.now();
    const limit = new GateDeadline(clock, hooks.policy(event.action).timeoutMs);
    this.#open.add(limit);
    const body = target.hook === 'on_done' ? (bodies.done ?? bodies.own) : bodies.own;
    let status: number | undefined;
    const report = ({ response }: Delivery) => {
      status = response?.status;
    };
    const answer = await hookClient.call({ event, hooks, target, attempt, body, report }, limit);
    this.#open.delete(limit);
    limit.clear();
    const fields = { ...describe(event), url: target.shown, ms: since(clock, began) };
    if (answer.allowed) {
      logger.debug(fields, 'event delivered');
      return true;
    }
    const reason = answer.message;
    if (hasArrived(status)) {
      logger.warn({ ...fields, reason }, 'event delivered, backend answered with an error');
      return true;
    }
    if (!this.#closed)
      this.#trouble.warn(originOf(target), { ...fields, reason, attempt }, 'event not delivered, will retry');
    return false;
  }

  #isTooOld({ since }: EventRecord): boolean {
    return this.#deps.time.now() - since > this.#deps.options().maxAgeMs;
  }

  #giveUp({ event }: EventRecord): 'done' {
    const { store, logger, options } = this.#deps;
    store.remove('events', event.stamp.seq);
    this.#givenUp++;
    logger.warn(
      { ...describe(event), event: event.stamp.id, maxAgeMs: options().maxAgeMs },
      'event expired before delivery',
    );
    return 'done';
  }
}

function originOf({ backend }: Target): string {
  return backend.origin;
}

/** What names a URL in the record of what has been taken. */
function urlOf({ hook, backend, path }: Target): string {
  return `${hook ?? ''} ${backend.origin}${path}`;
}

/**
 * True if an answer shows that the backend has the event, whatever it says to it: there is nothing to refuse any more, and
 * backends written for SRS, which never repeats, answer as they like. No answer, and the statuses that ask for another
 * attempt (408, 429, 5xx), show no such thing.
 */
export function hasArrived(status: number | undefined): boolean {
  return status !== undefined && status !== 408 && status !== 429 && status < 500;
}
