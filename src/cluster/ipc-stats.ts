import { type Clock, Deadline } from '../model/clock.ts';
import {
  type ClientFilter,
  mergeStats,
  type ServerStats,
  type StatsQuery,
  type StatsSource,
} from '../model/stats.ts';
import { Rpc, type RpcMessage } from './rpc.ts';

/** A worker that has not said what it knows after this time is left out. */
export const STATS_TIMEOUT_MS = 2_000;

/** What the primary calls in a worker, which knows nothing before it has a source of stats. */
interface WorkerMethods {
  collectStats(query: StatsQuery): Promise<ServerStats | undefined>;
  kick(filter: ClientFilter): Promise<number | undefined>;
}

/** The stats of all workers, as the primary takes it. */
export class WorkersStats implements StatsSource {
  readonly #clock: Clock;
  /** By node. */
  readonly #workers = new Map<string, Rpc<WorkerMethods>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async collectStats(query: StatsQuery): Promise<ServerStats> {
    return mergeStats(await this.#askAll('collectStats', query), query);
  }

  async kick(filter: ClientFilter): Promise<number> {
    return (await this.#askAll('kick', filter)).reduce((sum, count) => sum + count, 0);
  }

  /** A worker is there to be asked; `send` reaches it. */
  add(node: string, send: (message: RpcMessage) => void): void {
    this.#workers.set(node, new Rpc(send));
  }

  /** Takes a message of a worker. */
  take(node: string, message: RpcMessage): void {
    this.#workers.get(node)?.take(message);
  }

  /** A worker has ended and will answer nothing more. */
  remove(node: string): void {
    this.#workers.get(node)?.close();
    this.#workers.delete(node);
  }

  async #askAll<Name extends keyof WorkerMethods>(method: Name, ...args: Parameters<WorkerMethods[Name]>) {
    const deadline = new Deadline(this.#clock, STATS_TIMEOUT_MS);
    const workers = [...this.#workers.values()];
    const answers = await Promise.all(workers.map((worker) => worker.callBy(deadline, method, ...args)));
    return answers.flatMap((answer) => answer ?? []);
  }
}

/** Answers the primary from what is known in this worker, if there is a source by then. */
export function serveStats(
  source: () => StatsSource | undefined,
  send: (message: RpcMessage) => void,
): Rpc<object> {
  const methods: WorkerMethods = {
    collectStats: async (query) => source()?.collectStats(query),
    kick: async (filter) => source()?.kick(filter),
  };
  return new Rpc(send, { ...methods });
}
