import { connect } from 'node:net';
import type { ClusterClients } from '../clients/client-registry.ts';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import type { PlaylistSequences } from '../model/shared-state.ts';
import type { StatsSource } from '../model/stats.ts';
import { SharedReads } from '../net/shared-read.ts';
import type { Hub } from '../streams/hub.ts';
import { ClientIds } from './client-ids.ts';
import { HookReporter } from './hook-reporter.ts';
import { IpcEventRecorder } from './ipc-event-recorder.ts';
import { IpcRegistry } from './ipc-registry.ts';
import { serveStats } from './ipc-stats.ts';
import type { Assignment, ToPrimary, ToWorker } from './messages.ts';
import { RelayServer } from './relay-server.ts';
import { Relays } from './relays.ts';
import { WorkerPeers } from './worker-peers.ts';

type Vhosts = ReadonlyMap<string, VhostOptions>;

/** The connection of a worker's hub with those of the others. */
export interface RelayLink {
  /** The vhosts of a new configuration. */
  applyVhosts(vhosts: Vhosts): void;
  close(): Promise<void>;
}

/** A worker's part in the whole: its registry, its relays and its relay server, and what it tells the primary. */
export class WorkerContext implements ClusterClients {
  readonly ids: { readonly serverId: string; readonly serviceId: string };
  /** Names this process among those of all runs. */
  readonly owner: string;
  readonly claims: IpcRegistry;
  /** The way to what the other workers have. */
  readonly peers: WorkerPeers;
  /** Keeps what the clients of this process have open. */
  readonly recorder: IpcEventRecorder;
  readonly #assignment: Assignment;
  readonly #numbers: ClientIds;
  /** Tells the primary what the hooks of this worker do. */
  readonly hooks: HookReporter;
  readonly #stats: ReturnType<typeof serveStats>;
  /** Who knows who is in this process, once somebody does. */
  statsSource: StatsSource | undefined;
  /** The hub that is joined with those of the other workers, once it is. */
  #hub: Hub | undefined;

  /** `send` calls back when a message is on its way. */
  constructor(assignment: Assignment, clock: Clock, send: (message: ToPrimary, sent?: () => void) => void) {
    const { serverId, serviceId, numbers, place, token } = assignment;
    this.#assignment = assignment;
    this.ids = { serverId, serviceId };
    this.owner = ownerOf(serviceId, assignment.place.node);
    this.claims = new IpcRegistry((message) => send({ type: 'registry', message }), {
      evict: (key) => this.#hub?.evict(key),
      pollPublisher: async (key) => this.#hub?.pollPublisher(key),
    });
    this.peers = new WorkerPeers(place, token, this.claims);
    this.hooks = new HookReporter(clock, (report, sent) => send({ type: 'hooks', report }, sent));
    this.recorder = new IpcEventRecorder((message) => send({ type: 'recorder', message }));
    this.#stats = serveStats(
      () => this.statsSource,
      (message) => send({ type: 'stats', message }),
    );
    this.#numbers = new ClientIds(numbers, () => send({ type: 'numbers wanted' }));
  }

  /** Numbers of HLS playlists, which all workers have from the primary. */
  get sequences(): PlaylistSequences {
    return this.claims;
  }

  /** True for one worker: the one that tells what all of them come upon. */
  get logsCertificates(): boolean {
    return this.#assignment.worker === 1;
  }

  get count(): number {
    return this.#assignment.workers;
  }

  /** Number of this process, from 1 on. */
  get worker(): number {
    return this.#assignment.worker;
  }

  nextNumber(): number {
    return this.#numbers.next();
  }

  /** Joins the hub with those of the other workers; they get streams of the vhosts that are applied. */
  async open(hub: Hub, clock: Clock, logger: Logger): Promise<RelayLink> {
    const { place, token } = this.#assignment;
    this.#hub = hub;
    const reads = new SharedReads();
    const relayServer = new RelayServer(hub, clock, logger, token);
    const relays = new Relays({
      hub,
      clock,
      logger,
      registry: this.claims,
      node: place.node,
      token,
      open: ({ address }) => connect({ path: address, onread: reads.onread }),
    });
    hub.observe({
      watched: (key, options) => relays.watched(key, options),
      unwatched: (key) => relays.unwatched(key),
      ended: (key, how) => relayServer.ended(key, how),
    });
    const stopListening = await relayServer.listen(place.address).catch(async (error: unknown) => {
      await relayServer.close();
      throw error;
    });
    return {
      applyVhosts: (vhosts: Vhosts) => relayServer.applyVhosts(vhosts),
      async close() {
        stopListening();
        relays.close();
        await relayServer.close();
      },
    };
  }

  /** Takes what the primary says; what is no business of the membership is left alone. */
  take(message: ToWorker): void {
    if (message.type === 'registry') this.claims.take(message.message);
    else if (message.type === 'recorder') this.recorder.take(message.message);
    else if (message.type === 'numbers') this.#numbers.add(message.block);
    else if (message.type === 'stats') this.#stats.take(message.message);
  }
}

/** The name of a worker process among those of all runs. */
export function ownerOf(serviceId: string, node: string): string {
  return `${serviceId}-${node}`;
}
