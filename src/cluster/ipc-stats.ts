import type { Clock, Timer } from '../model/clock.ts';
import {
  type Census,
  type CensusOffice,
  type CensusQuestion,
  type ClientFilter,
  mergeCensus,
} from '../model/stats.ts';

/** A worker that has not said what it knows after this time is left out. */
export const CENSUS_TIMEOUT_MS = 2_000;

/** What the primary wants of a worker; `id` names it in the answer. */
export type CensusRequest =
  | { readonly type: 'take'; readonly id: number; readonly question: CensusQuestion }
  | { readonly type: 'kick'; readonly id: number; readonly filter: ClientFilter };

/** What the worker says to that. */
export type CensusAnswer =
  | { readonly type: 'taken'; readonly id: number; readonly census: Census }
  | { readonly type: 'kicked'; readonly id: number; readonly count: number };

/** A worker that can be asked. */
export interface Askable {
  readonly node: string;
  ask(request: CensusRequest): void;
}

interface Round {
  /** Who has not answered yet. */
  readonly missing: Set<string>;
  readonly answers: CensusAnswer[];
  readonly timer: Timer;
  readonly done: () => void;
}

/** The census of all workers, as the primary takes it. */
export class WorkersCensus implements CensusOffice {
  readonly #clock: Clock;
  readonly #workers: () => readonly Askable[];
  readonly #rounds = new Map<number, Round>();
  #lastId = 0;

  constructor(clock: Clock, workers: () => readonly Askable[]) {
    this.#clock = clock;
    this.#workers = workers;
  }

  async take(question: CensusQuestion): Promise<Census> {
    const answers = await this.#ask((id) => ({ type: 'take', id, question }));
    return mergeCensus(
      answers.flatMap((answer) => (answer.type === 'taken' ? [answer.census] : [])),
      question,
    );
  }

  async kick(filter: ClientFilter): Promise<number> {
    const answers = await this.#ask((id) => ({ type: 'kick', id, filter }));
    return answers.reduce((sum, answer) => sum + (answer.type === 'kicked' ? answer.count : 0), 0);
  }

  /** Takes what a worker says. */
  hear(node: string, answer: CensusAnswer): void {
    const round = this.#rounds.get(answer.id);
    if (!round?.missing.delete(node)) return;
    round.answers.push(answer);
    if (round.missing.size === 0) round.done();
  }

  /** A worker has ended and will answer nothing more. */
  gone(node: string): void {
    for (const round of this.#rounds.values()) {
      if (round.missing.delete(node) && round.missing.size === 0) round.done();
    }
  }

  #ask(request: (id: number) => CensusRequest): Promise<readonly CensusAnswer[]> {
    const workers = this.#workers();
    if (workers.length === 0) return Promise.resolve([]);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const round: Round = {
        missing: new Set(workers.map(({ node }) => node)),
        answers: [],
        timer: this.#clock.after(CENSUS_TIMEOUT_MS, () => round.done()),
        done: () => {
          round.timer.clear();
          this.#rounds.delete(id);
          resolve(round.answers);
        },
      };
      this.#rounds.set(id, round);
      for (const worker of workers) worker.ask(request(id));
    });
  }
}

/** Answers the primary from what is known in this worker. */
export async function answerCensus(office: CensusOffice, request: CensusRequest): Promise<CensusAnswer> {
  const { type, id } = request;
  switch (type) {
    case 'take':
      return { type: 'taken', id, census: await office.take(request.question) };
    case 'kick':
      return { type: 'kicked', id, count: await office.kick(request.filter) };
    default:
      return type satisfies never;
  }
}
