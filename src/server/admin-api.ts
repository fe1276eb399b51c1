import type { ApiServer } from '../api/api-server.ts';
import type { SharedApi } from '../http/http-handler.ts';
import type { Clock } from '../model/clock.ts';
import type { ConfigControl, ListeningPlace } from '../model/control.ts';
import type { ServerIds } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { Config, VhostOptions } from '../model/options.ts';
import type { StatsSource } from '../model/stats.ts';
import { VERSION } from '../model/version.ts';
import type { Place, StatsCollector } from '../stats/stats-collector.ts';
import { Certificates } from '../tls/certificates.ts';
import type { Opened } from './assembly.ts';
import type { HookMonitor } from './hook-monitor.ts';

/** What the monitor speaks for. */
export interface AdminApiServer {
  readonly ids: ServerIds;
  readonly stats: StatsSource;
  readonly hooks: HookMonitor;
  readonly configuration: ConfigControl | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Where clients are let in now. */
  listening(): readonly ListeningPlace[];
}

/** Begins to know who is in this process, if `http_api` is on: what it takes is not even in memory otherwise. */
export async function openStats({ httpApi }: Config, place: Place): Promise<StatsCollector | undefined> {
  if (!httpApi.enabled) return undefined;
  const { StatsCollector } = await import('../stats/stats-collector.ts');
  return new StatsCollector(place);
}

/**
 * The control API of a server, in the process that answers for all of them. There is none unless `http_api` is on, nor is
 * the code for it in memory.
 */
export class AdminApi {
  readonly #api: ApiServer;
  readonly #places: readonly ListeningPlace[];
  readonly #certificates: Certificates | undefined;
  #vhosts: readonly VhostOptions[];
  #ready = false;

  private constructor(api: ApiServer, { httpApi, vhosts }: Config, certificates: Certificates | undefined) {
    this.#api = api;
    const shared = httpApi.shared.map(({ host = '::', port }) => ({ host, port }));
    this.#places = [...api.addresses, ...shared].map((address) => ({ protocol: 'api', ...address }));
    this.#certificates = certificates;
    this.#vhosts = vhosts;
  }

  /** Opens it if the configuration has it on. Rejects with a sentence if it cannot listen. */
  static async open(config: Config, server: AdminApiServer, opened: Opened): Promise<AdminApi | undefined> {
    const { httpApi, vhosts } = config;
    if (!httpApi.enabled) return undefined;
    const [{ MaskedStats }, { openApiServer }, { ServerMetrics }] = await Promise.all([
      import('../stats/stats-collector.ts'),
      import('../api/api-server.ts'),
      import('../observe/server-metrics.ts'),
    ]);
    const { hooks, configuration, ids } = server;
    const stats = new MaskedStats(server.stats, hooks.concealed);
    const metrics = new ServerMetrics(stats, { version: VERSION, perStream: httpApi.streamMetrics });
    const { https } = httpApi;
    const certificates = https && new Certificates(server.clock, server.logger);
    const shown = https && certificates?.prepare({ listeners: [https], vhosts: [] });
    opened(() => certificates?.close());
    shown?.commit();
    let adminApi: AdminApi | undefined;
    const api = await openApiServer(
      httpApi,
      {
        version: VERSION,
        ...ids,
        startedAt: Date.now(),
        stats,
        hooks: hooks.control,
        health: () => hooks.health(),
        listening: () => [...server.listening(), ...(adminApi ? adminApi.#places : [])],
        vhosts: () => (adminApi ? adminApi.#vhosts : vhosts),
        metrics: async () => (await metrics.text()) + (await hooks.control.metrics()),
        ready: () => (adminApi ? adminApi.#ready : false),
        configuration,
      },
      server.logger,
      https && shown?.termsFor(https),
    );
    adminApi = new AdminApi(api, config, certificates);
    opened(() => api.close());
    return adminApi;
  }

  /** For the ports that it has together with the playback server. */
  get shared(): SharedApi | undefined {
    return this.#api.shared;
  }

  /** Where it listens, without TLS first. */
  get places(): readonly ListeningPlace[] {
    return this.#places;
  }

  /** Clients are let in from now on, or not any more. */
  set ready(ready: boolean) {
    this.#ready = ready;
  }

  /** Takes another configuration. */
  configure({ vhosts }: Config): void {
    this.#vhosts = vhosts;
  }

  close(): Promise<void> {
    this.#certificates?.close();
    return this.#api.close();
  }
}
