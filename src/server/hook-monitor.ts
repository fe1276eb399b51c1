import type { ControlSocket } from '../api/control-socket.ts';
import { Journal } from '../hooks/delivery-log.ts';
import { HookHealth } from '../hooks/health.ts';
import { configuredOrigins, configuredSecrets } from '../hooks/masking.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import { type HookControl, type OutboxStats, RequestError, type UrlHealth } from '../model/control.ts';
import type { BreakerState, Delivery, HookObserver, HookReport } from '../model/delivery.ts';
import type { Config } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import type { HookMetrics } from '../observe/metrics.ts';

/** What the monitor lets do, as soon as there are hooks that can. */
export interface MonitoredHooks {
  /** Sends an event again, as the `attempt`th time at its URL. */
  replay(delivery: Delivery, attempt: number): Promise<Delivery>;
  readonly stats: OutboxStats;
}

const EMPTY: OutboxStats = { events: 0, oldestMs: 0, dropped: 0, givenUp: 0, onDisk: false };

/**
 * Where a running server can be asked how its hooks fare: journal and metrics of all its processes, and the socket by
 * which they are reached. There is none while no vhost has hooks or records, nor is the code for it in memory.
 */
export class HookMonitor {
  readonly #stateDir: string;
  /** Names that answers replaced, in whatever process. */
  readonly concealed: ConcealedNames = new ConcealedNames();
  readonly #journal = new Journal(0, this.concealed);
  /** There where the API is, which shows it. */
  #health: HookHealth | undefined;
  #metrics: HookMetrics | undefined;
  #hooks: MonitoredHooks | undefined;
  #socket: ControlSocket | undefined;
  /** Takes what the hooks of this process do. */
  readonly observer: HookObserver;

  /** `stateDir` stays what it is for as long as the server runs. */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.observer = {
      delivered: (delivery) => {
        this.#metrics?.delivered(delivery);
        this.#health?.delivered(delivery);
        this.#journal.add(delivery);
      },
      breaker: (origin, state, url) => this.#breaker(origin, state, url),
      reachable: (origin, isReachable) => this.#reachable(origin, isReachable),
      cached: (action) => this.#metrics?.cached(action),
    };
  }

  /** What can be seen and done of the hooks. Nothing that takes memory is counted before a first configuration is committed. */
  readonly control: HookControl = {
    deliveries: this.#journal,
    replay: (id) => this.#replay(id),
    outbox: () => this.#stats,
    metrics: () => this.#metrics?.text() ?? Promise.resolve(''),
  };

  /**
   * Gets ready for what a configuration says of journal and metrics. Opens the socket, which takes hold of the state
   * directory, if some vhost has hooks or records, or `needed` says that there is something else to be done there, and it
   * is not open. Rejects with a sentence if that cannot be done.
   */
  async prepare({ vhosts, httpApi, journalSize }: Config, needed = false): Promise<PreparedChange> {
    const wanted = needed || vhosts.some(({ hooks, dvr }) => hooks.enabled || dvr.enabled);
    const hooks = vhosts.map((vhost) => vhost.hooks);
    const secrets = hooks.flatMap(configuredSecrets);
    const origins = new Set(hooks.flatMap(configuredOrigins));
    const loaded = wanted || httpApi.enabled ? await import('../observe/metrics.ts') : undefined;
    const socket = wanted && !this.#socket ? await this.#openSocket() : undefined;
    return {
      commit: () => {
        if (httpApi.enabled) this.#health ??= new HookHealth();
        if (loaded) this.#metrics ??= new loaded.HookMetrics(() => this.#stats);
        if (socket) this.#socket = socket;
        this.#journal.configure(journalSize, secrets);
        this.#metrics?.configure(origins);
        this.#health?.configure(hooks);
      },
      rollBack: () => socket?.close(),
    };
  }

  /** Health of each configured URL. */
  health(): readonly UrlHealth[] {
    return this.#health?.report() ?? [];
  }

  /** From now on these hooks are what the monitor speaks for. */
  serve(hooks: MonitoredHooks): void {
    this.#hooks = hooks;
  }

  /** Takes what a worker process tells. */
  take(process: string, { deliveries, counted, breakers, reachable, cached }: HookReport): void {
    for (const delivery of deliveries) this.observer.delivered(delivery);
    for (const delivery of counted) {
      this.#metrics?.delivered(delivery);
      this.#health?.delivered(delivery);
    }
    if (counted.length > 0) this.#journal.skip(counted.length);
    for (const [origin, state, url] of breakers) this.#breaker(origin, state, url, process);
    for (const [origin, isReachable] of reachable) this.#reachable(origin, isReachable, process);
    for (const [action, count] of cached) this.#metrics?.cached(action, count);
  }

  /** A worker process has ended. */
  gone(process: string): void {
    this.#metrics?.gone(process);
    this.#health?.gone(process);
  }

  /** Lets followers have the rest, and gives the state directory free: nobody of this server may use it any more. */
  async close(): Promise<void> {
    this.#journal.close();
    await this.#socket?.close();
    this.#socket = undefined;
  }

  async #openSocket(): Promise<ControlSocket> {
    const { openControlSocket } = await import('../api/control-socket.ts');
    return openControlSocket(this.#stateDir, this.control);
  }

  #breaker(origin: string, state: BreakerState, url?: string, process?: string): void {
    if (url === undefined) this.#metrics?.breaker(origin, state, process);
    this.#health?.breaker(url ?? origin, state, process);
  }

  #reachable(origin: string, isReachable: boolean, process?: string): void {
    this.#metrics?.reachable(origin, isReachable, process);
    this.#health?.reachable(origin, isReachable, process);
  }

  get #stats(): OutboxStats {
    return this.#hooks?.stats ?? EMPTY;
  }

  async #replay(id: string): Promise<Delivery> {
    const delivery = this.#journal.original(id);
    if (!delivery) throw new RequestError('unknown', `The journal has no delivery ${id} (any more).`);
    if (!this.#hooks) throw new RequestError('impossible', 'The server is starting; try again in a moment.');
    return this.#journal.show(await this.#hooks.replay(delivery, this.#journal.attemptsOf(delivery) + 1));
  }
}
