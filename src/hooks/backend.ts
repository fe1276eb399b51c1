import type { Clock } from '../model/clock.ts';
import type { Breaker } from './breaker.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeFailure } from './describe-failure.ts';
import { Exchange, type Exchanged, type Post } from './exchange.ts';
import { inTurns } from './in-turns.ts';
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
    const ticket = this.breaker.enter();
    if (ticket === undefined) return Promise.resolve({ ...unsent(this.breaker.why), skipped: true });
    return new Promise((resolve) => {
      const done = (exchanged: Exchanged) => {
        this.#learn(ticket, exchanged, limit);
        resolve(exchanged);
      };
      try {
        this.#pool ??= new ConnectionPool(this.#options);
      } catch (error) {
        return done(unsent(describeFailure(error as Error, false)));
      }
      const exchange = new Exchange(this.#pool, post, this.#clock, done);
      limit.listener = (why) => exchange.cancel(why);
      if (!this.#pool.run(exchange))
        exchange.dismiss(`was not asked: ${this.#options.maxQueue} requests wait for it already`);
    });
  }

  /** Lets those fail who wait for a connection: the backend is to be left alone. */
  dismissWaiting(): void {
    const { why } = this.breaker;
    const waiting = this.#pool?.takeWaiting() ?? [];
    inTurns(this.#clock, waiting, (job) => job.dismiss(why));
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

  /** Who left before the answer, and who never came to ask, cannot say how the backend is. */
  #learn(ticket: number, { reply, started }: Exchanged, limit: TimeLimit): void {
    if (typeof reply !== 'string') {
      if (reply.status < 500) this.breaker.settle(ticket, 'well');
      else this.breaker.settle(ticket, 'ill', `answered with status ${reply.status}`);
    } else if (started && !limit.givenUp) {
      this.breaker.settle(ticket, 'ill', reply);
    } else {
      this.breaker.settle(ticket, 'none');
    }
  }
}

function unsent(why: string): Exchanged {
  const timing = { queueMs: 0, connectMs: undefined, firstByteMs: undefined, totalMs: 0 };
  return { reply: why, timing, started: false, skipped: false };
}
