import type { Clock } from '../model/clock.ts';
import type { Delivery, HookObserver } from '../model/delivery.ts';
import type { Gate } from '../model/lifecycle.ts';
import type { Logger } from '../model/logger.ts';
import type { HookOptions } from '../model/options.ts';
import { Backends } from './backends.ts';
import { Caller } from './caller.ts';
import { Stamper } from './event.ts';
import { Gatekeeper } from './gatekeeper.ts';
import type { Means } from './means.ts';
import { type DrainReport, Messenger } from './messenger.ts';
import { replay } from './replay.ts';
import { VerdictCache } from './verdict-cache.ts';
import { prepareHooks, type VhostHooks } from './vhost-hooks.ts';

/** What the hooks need of the process. */
export interface HooksDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly serverId: string;
  readonly serviceId: string;
  /** Our own version, for the User-Agent. */
  readonly version: string;
  /** Learns of each delivery, hit of the cache and change of a breaker. */
  readonly observer: HookObserver;
}

/** The HTTP callbacks of the process. */
export interface Hooks {
  /**
   * The gate of one configuration snapshot; a gate of an earlier one goes on working. Connections are shared between
   * snapshots, and those that only earlier ones use are closed. Throws if a URL is not an absolute http or https URL.
   * `vhosts` has every vhost there is, also those without hooks: a vhost that it lacks lets nobody through.
   */
  gateFor(vhosts: ReadonlyMap<string, HookOptions>): Gate;
  /**
   * Sends an event again as it was, as the `attempt`th time, under the rules of the last snapshot; resolves with what
   * came of it. Rejects with a RequestError if its URL is not configured any more.
   */
  replay(delivery: Delivery, attempt: number): Promise<Delivery>;
  /** Waits until every closing event told so far was delivered, or the time is over. */
  drain(timeoutMs: number): Promise<DrainReport>;
  /** Refuses open questions, drops what is not delivered and closes all connections. */
  close(): Promise<void>;
}

/** Sets up the hooks of the process; no connection is made before the first event. */
export function createHooks(deps: HooksDeps): Hooks {
  const { logger, clock, version, observer } = deps;
  const backends = new Backends(clock, logger, observer);
  const server = { serverId: deps.serverId, serviceId: deps.serviceId };
  const caller = new Caller({ backends, clock, server, observer });
  const means: Means = { clock, logger, caller, stamper: new Stamper(), observer };
  const gatekeeper = new Gatekeeper(means);
  const messenger = new Messenger(means);
  let latest: ReadonlyMap<string, VhostHooks> = new Map();
  return {
    gateFor(options) {
      const vhosts = new Map(Array.from(options, ([name, hooks]) => [name, prepareHooks(hooks, version)]));
      latest = vhosts;
      backends.keepOnly(Array.from(vhosts.values(), ({ targets }) => [...targets.values()].flat()).flat());
      const cache = new VerdictCache(clock);
      return {
        async ask(event, signal) {
          const hooks = vhosts.get(event.vhost);
          if (hooks !== undefined) return gatekeeper.ask(event, hooks, cache, signal);
          return { allowed: false, message: 'The vhost is not configured.' };
        },
        tell(event) {
          const hooks = vhosts.get(event.vhost);
          if (hooks !== undefined && 'reason' in event) messenger.tell(event, hooks);
        },
        asks: (action, vhost) => vhosts.get(vhost)?.targets.has(action) ?? true,
      };
    },
    replay: (delivery, attempt) => replay(delivery, latest.get(delivery.vhost), attempt, means),
    drain: (timeoutMs) => messenger.drain(timeoutMs),
    async close() {
      gatekeeper.close();
      await messenger.close();
      await backends.close();
    },
  };
}
