import type { Clock } from '../model/clock.ts';
import { ALLOWED, type GateEvent, type Verdict } from '../model/lifecycle.ts';
import type { Logger } from '../model/logger.ts';
import type { Caller } from './caller.ts';
import type { Stamper } from './event.ts';
import type { Target } from './target.ts';
import { TimeLimit } from './time-limit.ts';
import type { Refusal } from './verdict.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** What asking and telling need. */
export interface Means {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly caller: Caller;
  readonly stamper: Stamper;
}

const CLIENT_GONE = 'was not waited for: the client has gone';
const STOPPING = 'was not waited for: the server is stopping';

/** Puts gate events to the backends. */
export class Gatekeeper {
  readonly #means: Means;
  readonly #open = new Set<TimeLimit>();
  #closed = false;

  constructor(means: Means) {
    this.#means = means;
  }

  /** Asks the URLs one by one, all under one time limit, and stops at the first refusal. Never rejects. */
  async ask(event: GateEvent, hooks: VhostHooks, signal: AbortSignal): Promise<Verdict> {
    const targets = hooks.targets.get(event.action);
    if (targets === undefined) return ALLOWED;
    if (this.#closed) return { allowed: false, message: 'The server is stopping.' };
    if (signal.aborted) return { allowed: false, message: 'The client has gone.' };
    const limit = new TimeLimit(this.#means.clock, hooks.policy(event.action).timeoutMs);
    const leave = () => limit.end(CLIENT_GONE);
    signal.addEventListener('abort', leave);
    this.#open.add(limit);
    try {
      return await this.#askAll(event, hooks, targets, limit, signal);
    } finally {
      this.#open.delete(limit);
      signal.removeEventListener('abort', leave);
      limit.clear();
    }
  }

  /** Ends all open questions as refusals, and all later ones at once. */
  close(): void {
    this.#closed = true;
    for (const limit of this.#open) limit.end(STOPPING);
  }

  async #askAll(
    event: GateEvent,
    hooks: VhostHooks,
    targets: readonly Target[],
    limit: TimeLimit,
    client: AbortSignal,
  ): Promise<Verdict> {
    const { caller, clock, logger, stamper } = this.#means;
    const began = clock.now();
    const stamped = stamper.stamp(event);
    for (const target of targets) {
      const judgement = await caller.call({ event: stamped, hooks, target, attempt: 1 }, limit);
      if (judgement.allowed) continue;
      const fields = {
        ...describe(event),
        url: target.shown,
        reason: judgement.message,
        ms: since(clock, began),
      };
      logger[this.#levelOf(judgement, client)](fields, 'gate refused');
      return { allowed: false, message: judgement.forClient };
    }
    logger.debug({ ...describe(event), ms: since(clock, began) }, 'gate allowed');
    return ALLOWED;
  }

  /** A backend that says no is daily business, one that cannot be understood is trouble, a client that left is neither. */
  #levelOf(refusal: Refusal, client: AbortSignal): 'debug' | 'info' | 'warn' {
    if (refusal.deliberate) return 'info';
    return client.aborted || this.#closed ? 'debug' : 'warn';
  }
}

/** What a log line says of the client. */
export function describe(event: {
  readonly action: string;
  readonly client: { readonly id: string; readonly ip: string };
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}): Record<string, string> {
  const { action, client, vhost, app, stream } = event;
  return { action, client: client.id, ip: client.ip, vhost, app, stream };
}

/** Whole milliseconds since `began`. */
export function since(clock: Clock, began: number): number {
  return Math.round(clock.now() - began);
}
