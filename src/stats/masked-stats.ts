import type { ConcealedNames } from '../model/concealed-names.ts';
import { MASK } from '../model/secret-values.ts';
import type { Census, CensusClient, CensusOffice, CensusQuestion, ClientFilter } from '../model/stats.ts';
import { formatStreamKey } from '../model/stream-key.ts';

/** A census without names that answers replaced: who asks for one by its key waits for nothing that anybody may see. */
export class ConcealingCensus implements CensusOffice {
  readonly #office: CensusOffice;
  readonly #names: ConcealedNames;

  constructor(office: CensusOffice, names: ConcealedNames) {
    this.#office = office;
    this.#names = names;
  }

  async take(question: CensusQuestion): Promise<Census> {
    const census = await this.#office.take(question);
    // A name that is on air is one that a backend gave or let stand, whatever else it was before.
    const onAir = new Set(
      census.streams.flatMap(({ key, publisher }) => (publisher ? formatStreamKey(key) : [])),
    );
    const isShown = (key: CensusClient | Census['streams'][number]['key']) =>
      onAir.has(formatStreamKey(key)) || !this.#names.has(key);
    return {
      ...census,
      streams: census.streams.filter(({ key }) => isShown(key)),
      clients: census.clients.map((client) => (isShown(client) ? client : { ...client, stream: MASK })),
    };
  }

  kick(filter: ClientFilter): Promise<number> {
    return this.#office.kick(filter);
  }
}
