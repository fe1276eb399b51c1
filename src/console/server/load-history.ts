import type { ServerFacts } from '../api/contract.ts';

/** Seconds that the plots show. */
const SHOWN_SECONDS = 120;

/** Sample that is kept of each second. */
interface Moment {
  readonly at: number;
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly rss: number;
}

/** Columns of each plot: seconds up to now, then the values. */
export interface LoadPlots {
  readonly cpu: readonly (readonly number[])[];
  readonly delay: readonly (readonly number[])[];
  readonly memory: readonly (readonly number[])[];
}

/** Remembers how busy the server was: its processes together, and the slowest of their loops. */
export class LoadHistory {
  #moments: readonly Moment[] = [];

  /** Takes how it is now, and says how the plots look. */
  take({ workers }: ServerFacts, at: number): LoadPlots {
    const most = (value: (worker: ServerFacts['workers'][number]) => number) =>
      Math.max(0, ...workers.map(value));
    const sum = (value: (worker: ServerFacts['workers'][number]) => number) =>
      workers.reduce((total, worker) => total + value(worker), 0);
    const moment = {
      at,
      cpu: sum(({ cpuPercent }) => cpuPercent),
      p50: most(({ loopDelayMs }) => loopDelayMs.p50),
      p99: most(({ loopDelayMs }) => loopDelayMs.p99),
      rss: sum(({ rssBytes }) => rssBytes),
    };
    this.#moments = [...this.#moments, moment].filter((one) => one.at > at - SHOWN_SECONDS * 1000);
    const column = (value: (moment: Moment) => number) => this.#moments.map(value);
    const seconds = column((one) => (one.at - at) / 1000);
    return {
      cpu: [seconds, column(({ cpu }) => cpu)],
      delay: [seconds, column(({ p99 }) => p99), column(({ p50 }) => p50)],
      memory: [seconds, column(({ rss }) => rss)],
    };
  }
}
