import type { Clock } from '../model/clock.ts';
import type { HookObserver } from '../model/delivery.ts';
import type { Logger } from '../model/logger.ts';
import { Backend, type BackendEvents } from './backend.ts';
import { FAILURE_LOG_INTERVAL_MS } from './limits.ts';
import { Seldom } from './seldom.ts';
import type { Target } from './target.ts';

/** All servers that take hooks. */
export class Backends {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: HookObserver;
  readonly #known = new Map<string, Backend>();
  readonly #outages: Seldom;

  constructor(clock: Clock, logger: Logger, observer: HookObserver) {
    this.#clock = clock;
    this.#logger = logger;
    this.#observer = observer;
    this.#outages = new Seldom(clock, FAILURE_LOG_INTERVAL_MS);
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
