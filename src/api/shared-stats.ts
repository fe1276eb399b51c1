import type { ClientFilter, ServerStats, StatsQuery, StatsSource } from '../model/stats.ts';

/** How long an answer is good for whoever asks the same, in milliseconds. */
const SHARE_MS = 200;

/** stats that many may want at the same time, and that is taken once for all of them. */
export class SharedStats implements StatsSource {
  readonly #statsSource: StatsSource;
  readonly #taken = new Map<string, Promise<ServerStats>>();

  constructor(statsSource: StatsSource) {
    this.#statsSource = statsSource;
  }

  take(question: StatsQuery): Promise<ServerStats> {
    const key = JSON.stringify(question);
    const known = this.#taken.get(key);
    if (known) return known;
    const stats = this.#statsSource.take(question);
    this.#taken.set(key, stats);
    const forget = () => {
      if (this.#taken.get(key) === stats) this.#taken.delete(key);
    };
    setTimeout(forget, SHARE_MS).unref();
    stats.catch(forget);
    return stats;
  }

  /** Whoever looks after that sees what has become of it. */
  kick(filter: ClientFilter): Promise<number> {
    this.#taken.clear();
    return this.#statsSource.kick(filter).finally(() => this.#taken.clear());
  }
}
