import type { ConcealedNames } from '../model/concealed-names.ts';
import { MASK } from '../model/secret-values.ts';
import type { ClientFilter, ClientStats, ServerStats, StatsQuery, StatsSource } from '../model/stats.ts';
import { formatStreamKey } from '../model/stream-key.ts';

/** stats without names that answers replaced: who asks for one by its key waits for nothing that anybody may see. */
export class MaskedStats implements StatsSource {
  readonly #statsSource: StatsSource;
  readonly #names: ConcealedNames;

  constructor(statsSource: StatsSource, names: ConcealedNames) {
    this.#statsSource = statsSource;
    this.#names = names;
  }

  async collectStats(question: StatsQuery): Promise<ServerStats> {
    const stats = await this.#statsSource.collectStats(question);
    // A name that is on air is one that a backend gave or let stand, whatever else it was before.
    const onAir = new Set(
      stats.streams.flatMap(({ key, publisher }) => (publisher ? formatStreamKey(key) : [])),
    );
    const isShown = (key: ClientStats | ServerStats['streams'][number]['key']) =>
      onAir.has(formatStreamKey(key)) || !this.#names.has(key);
    return {
      ...stats,
      streams: stats.streams.filter(({ key }) => isShown(key)),
      clients: stats.clients.map((client) => (isShown(client) ? client : { ...client, stream: MASK })),
    };
  }

  kick(filter: ClientFilter): Promise<number> {
    return this.#statsSource.kick(filter);
  }
}
