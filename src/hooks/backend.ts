import type { Clock } from '../model/clock.ts';
import type { Breaker } from './breaker.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeFailure } from './describe-failure.ts';
import { Exchange, type Exchanged, type Post } from './exchange.ts';
import type { BackendOptions } from './target.ts';
import type { TimeLimit } from './time-limit.ts';

/** A server that takes hooks: the connections to it, and whether it is worth trying. Redirects are answers, not followed. */
export class Backend {
  readonly origin: string;
  readonly breaker: Breaker;
  readonly #options: BackendOptions;
  readonly #clock: Clock;
  #pool: ConnectionPool | undefined;

  constructor(options: BackendOptions, breaker: Breaker, clock: Clock) {
    this.origin = options.origin;
    this.#options = options;
    this.breaker = breaker;
    this.#clock = clock;
  }

  /** Resolves with the answer, whatever its status, or with why there is none, at once when `limit` ends. Never rejects. */
  post(post: Post, limit: TimeLimit): Promise<Exchanged> {
    if (limit.why !== undefined) return Promise.resolve(unsent(limit.why));
    let pool: ConnectionPool;
    try {
      pool = this.#pool ??= new ConnectionPool(this.#options);
    } catch (error) {
      return Promise.resolve(unsent(describeFailure(error as Error, false)));
    }
    return new Promise((resolve) => {
      const exchange = new Exchange(pool, post, this.#clock, resolve);
      limit.listener = (why) => exchange.cancel(why);
      if (pool.run(exchange)) return;
      resolve(skipped(`was not asked: ${this.#options.maxQueue} requests wait for it already`));
    });
  }

  /** Closes the connections, each behind its last request. */
  retire(): void {
    this.#pool?.retire();
    this.#pool = undefined;
  }

  /** Cuts the connections. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }
}

/** What comes of a POST that is not even tried: the backend is to be left alone. */
export function skipped(why: string): Exchanged {
  return { ...unsent(why), skipped: true };
}

function unsent(why: string): Exchanged {
  const timing = { queueMs: 0, connectMs: undefined, firstByteMs: undefined, totalMs: 0 };
  return { reply: why, timing, started: false, skipped: false };
}
