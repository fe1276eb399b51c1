import type { Clock, Timer } from '../model/clock.ts';
import {
  type ClientFilter,
  mergeStats,
  type ServerStats,
  type StatsQuery,
  type StatsSource,
} from '../model/stats.ts';

/** A worker that has not said what it knows after this time is left out. */
export const CENSUS_TIMEOUT_MS = 2_000;

/** What the primary wants of a worker; `id` names it in the answer. */
export type StatsRequest =
  | { readonly type: 'take'; readonly id: number; readonly question: StatsQuery }
  | { readonly type: 'kick'; readonly id: number; readonly filter: ClientFilter };

/** What the worker says to that. */
export type StatsAnswer =
  | { readonly type: 'taken'; readonly id: number; readonly stats: ServerStats }
  | { readonly type: 'kicked'; readonly id: number; readonly count: number };

/** A worker that can be asked. */
export interface Askable {
  readonly node: string;
  ask(request: StatsRequest): void;
}

interface Round {
  /** Who has not answered yet. */
  readonly missing: Set<string>;
  readonly answers: StatsAnswer[];
  readonly timer: Timer;
  readonly done: () => void;
}

/** The stats of all workers, as the primary takes it. */
export class WorkersStats implements StatsSource {
  readonly #clock: Clock;
  readonly #workers: () => readonly Askable[];
  readonly #rounds = new Map<number, Round>();
  #lastId = 0;

  constructor(clock: Clock, workers: () => readonly Askable[]) {
    this.#clock = clock;
    this.#workers = workers;
  }

  async collectStats(question: StatsQuery): Promise<ServerStats> {
    const answers = await this.#ask((id) => ({ type: 'take', id, question }));
    return mergeStats(
      answers.flatMap((answer) => (answer.type === 'taken' ? [answer.stats] : [])),
      question,
    );
  }

  async kick(filter: ClientFilter): Promise<number> {
    const answers = await this.#ask((id) => ({ type: 'kick', id, filter }));
    return answers.reduce((sum, answer) => sum + (answer.type === 'kicked' ? answer.count : 0), 0);
  }

  /** Takes what a worker says. */
  hear(node: string, answer: StatsAnswer): void {
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

  #ask(request: (id: number) => StatsRequest): Promise<readonly StatsAnswer[]> {
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
export async function answerStatsRequest(
  statsSource: StatsSource,
  request: StatsRequest,
): Promise<StatsAnswer> {
  const { type, id } = request;
  switch (type) {
    case 'take':
      return { type: 'taken', id, stats: await statsSource.collectStats(request.question) };
    case 'kick':
      return { type: 'kicked', id, count: await statsSource.kick(request.filter) };
    default:
      return type satisfies never;
  }
}
