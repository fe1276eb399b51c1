import type { Census, CensusOffice, CensusQuestion, ClientFilter } from '../model/stats.ts';

/** How long an answer is good for whoever asks the same, in milliseconds. */
const SHARE_MS = 200;

/** A census that many may want at the same time, and that is taken once for all of them. */
export class SharedCensus implements CensusOffice {
  readonly #office: CensusOffice;
  readonly #taken = new Map<string, Promise<Census>>();

  constructor(office: CensusOffice) {
    this.#office = office;
  }

  take(question: CensusQuestion): Promise<Census> {
    const key = JSON.stringify(question);
    const known = this.#taken.get(key);
    if (known) return known;
    const census = this.#office.take(question);
    this.#taken.set(key, census);
    const forget = () => {
      if (this.#taken.get(key) === census) this.#taken.delete(key);
    };
    setTimeout(forget, SHARE_MS).unref();
    census.catch(forget);
    return census;
  }

  /** Whoever looks after that sees what has become of it. */
  kick(filter: ClientFilter): Promise<number> {
    this.#taken.clear();
    return this.#office.kick(filter).finally(() => this.#taken.clear());
  }
}
