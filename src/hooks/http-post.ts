import { ConnectionPool } from './connection-pool.ts';
import { Exchange, type Reply } from './exchange.ts';
import type { Target } from './target.ts';
import type { TimeLimit } from './time-limit.ts';

/** POSTs bodies to backends over connections that are kept and shared. Redirects are answers, not followed. */
export class HttpPost {
  readonly #pools = new Map<string, ConnectionPool>();

  /** Resolves with the answer, whatever its status; rejects with a PostError, at once when `limit` ends. */
  post(target: Target, body: string, limit: TimeLimit): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const pool = this.#poolOf(target);
      const exchange = new Exchange(pool, target, body, { resolve, reject });
      if (limit.why !== undefined) return exchange.cancel(limit.why);
      limit.listener = (why) => exchange.cancel(why);
      pool.run(exchange);
    });
  }

  /** Closes the connections that none of `targets` uses, each behind its last request. */
  keepOnly(targets: Iterable<Target>): void {
    const wanted = new Set(Array.from(targets, (target) => target.pool));
    for (const [key, pool] of this.#pools) {
      if (wanted.has(key)) continue;
      this.#pools.delete(key);
      pool.retire();
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    const pools = Array.from(this.#pools.values());
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  /** A target of an older configuration opens its pool anew if it was closed; the next reload closes it again. */
  #poolOf(target: Target): ConnectionPool {
    const known = this.#pools.get(target.pool);
    if (known !== undefined) return known;
    const pool = new ConnectionPool(target);
    this.#pools.set(target.pool, pool);
    return pool;
  }
}
