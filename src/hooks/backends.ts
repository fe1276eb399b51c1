import type { Clock } from '../model/clock.ts';
import type { BreakerState, HookObserver } from '../model/delivery.ts';
import type { Logger } from '../model/logger.ts';
import { Backend } from './backend.ts';
import { Breaker } from './breaker.ts';
import type { BackendOptions, Target } from './target.ts';

/** All servers that take hooks. */
export class Backends {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: HookObserver;
  readonly #known = new Map<string, Backend>();

  constructor(clock: Clock, logger: Logger, observer: HookObserver) {
    this.#clock = clock;
    this.#logger = logger;
    this.#observer = observer;
  }

  /** A target of an older configuration opens its backend anew if it was closed; the next reload closes it again. */
  of({ backendKey, backend }: Target): Backend {
    const known = this.#known.get(backendKey);
    if (known !== undefined) return known;
    const breaker = new Breaker(backend.breaker, this.#clock, (state, before) => {
      this.#changed(backend, breaker, state, before);
      if (state === 'open') fresh.dismissWaiting();
    });
    const fresh = new Backend(backend, breaker, this.#clock);
    this.#known.set(backendKey, fresh);
    return fresh;
  }

  /** Forgets the backends that none of `targets` uses; their requests of this moment are let finish. */
  keepOnly(targets: Iterable<Target>): void {
    const wanted = new Set(Array.from(targets, (target) => target.backendKey));
    for (const [key, backend] of this.#known) {
      if (wanted.has(key)) continue;
      this.#known.delete(key);
      backend.retire();
      if (backend.breaker.state !== 'closed') this.#observer.breaker(backend.origin, 'closed');
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const backends = Array.from(this.#known.values());
    this.#known.clear();
    await Promise.all(backends.map((backend) => backend.close()));
  }

  /** A probe that fails is the same outage still, and no second line. */
  #changed(options: BackendOptions, breaker: Breaker, state: BreakerState, before: BreakerState): void {
    const { origin } = options;
    const { failures, last } = breaker;
    if (state === 'closed') this.#logger.info({ origin }, 'backend answers again');
    else if (before === 'closed')
      this.#logger.warn(
        { origin, failures, last: `The backend ${last}.`, openMs: options.breaker.openMs },
        'backend fails: it is left alone for a while',
      );
    else this.#logger.debug({ origin, state }, 'failing backend tried again');
    this.#observer.breaker(origin, state);
  }
}
