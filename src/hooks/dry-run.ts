import { type Delivery, UNOBSERVED } from '../model/delivery.ts';
import type { ServerIds } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { HookOptions } from '../model/options.ts';
import { systemClock } from '../model/process-clock.ts';
import { Backends } from './backend.ts';
import { type HookEvent, Stamper } from './event.ts';
import { HookClient } from './hook-client.ts';
import { GateDeadline } from './question.ts';
import type { Target } from './target.ts';
import type { HookAnswer } from './verdict.ts';
import { prepareHooks } from './vhost-hooks.ts';

/** What one URL made of one event. */
export interface Tried {
  /** With everything as it was sent and answered: nothing is masked but what the configuration keeps. */
  readonly delivery: Delivery;
  readonly answer: HookAnswer;
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** Posts events without a server, in the way in which the server does it, to see what backends make of them. */
export class DryRun {
  readonly #backends = new Backends(systemClock, SILENT, UNOBSERVED);
  readonly #stamper = new Stamper();
  readonly #version: string;
  readonly #hookClient: HookClient;

  constructor(version: string, server: ServerIds) {
    this.#version = version;
    this.#hookClient = new HookClient({
      backends: this.#backends,
      clock: systemClock,
      server,
      observer: UNOBSERVED,
    });
  }

  /** Posts an event once to each URL that the hooks of its vhost have for it, to all at the same time. */
  async run(event: HookEvent, options: HookOptions): Promise<readonly Tried[]> {
    // Each URL is to be tried, whatever became of others of its backend.
    const breaker = { failures: 0, openMs: 0 };
    const hooks = prepareHooks({ ...options, breaker }, this.#version);
    const targets = hooks.targets.get(event.action) ?? [];
    const { timeoutMs } = hooks.policy(event.action);
    const post = async (target: Target): Promise<Tried> => {
      const limit = new GateDeadline(systemClock, timeoutMs);
      const deliveries: Delivery[] = [];
      const report = (delivery: Delivery) => void deliveries.push(delivery);
      const stamped = this.#stamper.stamp(event);
      const answer = await this.#hookClient.call(
        { event: stamped, hooks, target, attempt: 1, report },
        limit,
      );
      limit.clear();
      const [delivery] = deliveries;
      if (!delivery) throw new Error('a call reported no delivery');
      return { delivery, answer };
    };
    return Promise.all(targets.map(post));
  }

  /** Closes all connections. */
  close(): Promise<void> {
    return this.#backends.close();
  }
}
