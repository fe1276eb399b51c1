import { randomBytes } from 'node:crypto';
import { ClientRegistry } from '../clients/client-registry.ts';
import type { WorkerContext } from '../cluster/worker-context.ts';
import { StoredSequences } from '../hls/stored-sequences.ts';
import { createHooks } from '../hooks/hooks.ts';
import { liveFlv } from '../http/flv/flv-handler.ts';
import { HlsHandler } from '../http/hls/hls-handler.ts';
import { PeerServers } from '../http/peers/peer-proxy.ts';
import type { Gate } from '../model/authorization.ts';
import { type Clock, Deadline } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import type { ConfigControl, ListeningPlace } from '../model/control.ts';
import { UNOBSERVED } from '../model/delivery.ts';
import { hushed, type Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import { changeBy, committed, type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import { singleProcessStats } from '../model/stats.ts';
import { VERSION } from '../model/version.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { recordingsLeft } from '../recorder/journal.ts';
import type { RtmpServer } from '../rtmp/rtmp-server.ts';
import { Hub } from '../streams/hub.ts';
import { hooksOf, prepareAccessPolicy, type RefusalCounts } from './access-policy.ts';
import { AdminApi, openStats } from './admin-api.ts';
import { ClientListeners } from './client-listeners.ts';
import { HookMonitor } from './hook-monitor.ts';
import { StreamOutputs } from './stream-outputs.ts';

/** What a server may be given instead of its own. */
export interface ServerDeps {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A gate that is asked beside those of the configuration, before them. */
  readonly gate?: Gate;
  /** Set in a worker process: what it shares with the others. */
  readonly workerContext?: WorkerContext;
  /** Lets the control API show and change the file that the configuration is from. */
  readonly configuration?: ConfigControl | undefined;
}

/** A running server. */
export interface Server {
  /** Where it listens, with the ports that the operating system chose. */
  readonly addresses: readonly OpenAddress[];
  /** Where the control API listens without TLS; undefined without one. */
  readonly api: ListeningPlace | undefined;
  /** The same, and where it listens with TLS. */
  readonly apis: readonly ListeningPlace[];
  /** RTMP over any duplex stream, as if `ip` had connected. */
  readonly door: Pick<RtmpServer, 'enter'>;
  /** Connections of clients, whatever they speak. */
  readonly connections: number;
  /**
   * Goes over to another configuration: vhosts and hooks for those who come from now on, listeners without dropping
   * anybody, and clients of removed vhosts are shown out. Rejects, with everything as it was, if any of it cannot be had.
   */
  reload(config: Config): Promise<void>;
  /** Does of `reload` all that can fail; the rest is done by the commit. One change at a time. */
  prepare(config: Config): Promise<PreparedChange>;
  /**
   * Refuses newcomers, closes clients, finishes their files and waits for their closing hooks: for all of that
   * `drain_timeout`, or as many milliseconds as are given. What does not end in time is left as it is.
   */
  stop(timeoutMs?: number): Promise<void>;
}

/**
 * Builds the rooms, joins them and starts to listen, all in this process: `workers` is `createPrimary`'s business. Rejects
 * with a sentence if that cannot be done.
 */
export async function createServer(config: Config, deps: ServerDeps): Promise<Server> {
  const { logger, clock = systemClock, workerContext } = deps;
  const hub = new Hub(clock);
  // A worker's is in the primary.
  const monitor = workerContext ? undefined : new HookMonitor(config.stateDir);
  const left = workerContext === undefined && recordingsLeft(config.stateDir);
  if (monitor) committed(await monitor.prepare(config, left));
  const concealed = monitor?.concealed ?? new ConcealedNames();
  const ids = workerContext?.ids ?? makeIds(config);
  const hooks = createHooks({
    logger,
    clock,
    ...ids,
    version: VERSION,
    concealed,
    observer: workerContext?.hooks ?? monitor?.observer ?? UNOBSERVED,
    outbox: workerContext?.recorder ?? { options: config.outbox, stateDir: config.stateDir },
  });
  monitor?.serve(hooks);
  const refusals: RefusalCounts | undefined = config.httpApi.enabled ? {} : undefined;
  const policyDeps = { hooks, gate: deps.gate, refusals };
  const { policy } = await orRelease(() => {
    const prepared = committed(prepareAccessPolicy(config, policyDeps));
    committed(hooks.prepareOutbox(hooksOf(config), config.outbox));
    return prepared;
  }, monitor);
  const owner = workerContext?.owner ?? ids.serviceId;
  const { stateDir } = config;
  const sequences = workerContext?.sequences ?? new StoredSequences({ stateDir, clock, log: logger });
  const stamp = (id: string) => hooks.stamp(id);
  const outputs = new StreamOutputs(hub, { clock, logger, stateDir, server: ids, owner, stamp }, sequences);
  const clients = new ClientRegistry(policy, hub, clock, logger, workerContext, concealed);
  const peerServers = workerContext && new PeerServers(workerContext.peers);
  const parts = [liveFlv(clients), new HlsHandler(clients, () => outputs.hls, peerServers)];
  // All workers look at the same files.
  const certificateLog = workerContext?.logsCertificates === false ? hushed(logger) : logger;
  const listeners = new ClientListeners(
    clients,
    config.proxyProtocol,
    parts,
    certificateLog,
    workerContext?.peers,
  );
  const relayServer = await workerContext?.open(hub, clock, logger, policy.snapshot.vhosts);
  const worker = workerContext?.worker ?? 0;
  const stats = await openStats(config, {
    worker,
    hub,
    clients,
    clock,
    recordings: (key) => outputs.filesOf(key),
    refusals: () => ({ ...refusals }),
  });
  if (workerContext) workerContext.statsSource = stats;
  let api: AdminApi | undefined;
  try {
    committed(await outputs.prepare(config.vhosts, policy.snapshot.gate));
    await outputs.cleared;
    committed(await listeners.prepare(config));
    if (monitor && stats) {
      const { configuration } = deps;
      const listening = () => listeners.addresses;
      const statsSource = singleProcessStats(stats);
      api = await AdminApi.open(config, {
        ids,
        stats: statsSource,
        hooks: monitor,
        configuration,
        logger,
        clock,
        listening,
      });
      if (api?.shared) listeners.share(api.shared);
    }
  } catch (error) {
    stats?.close();
    await clients.close('shutdown', 'The server could not start.');
    await listeners.close();
    await relayServer?.close();
    await outputs.close(new Deadline(clock, 0));
    await sequences.flush();
    await hooks.close();
    await monitor?.close();
    throw error;
  }
  let current = config;
  hooks.announce('server_started');
  if (api) api.ready = true;
  // Whoever holds the state directory knows that those who recorded into it are no more.
  if (left) outputs.finishLeft((owner) => owner !== ids.serviceId);

  const prepare = (next: Config): Promise<PreparedChange> =>
    prepareTogether(async (add) => {
      // First: whoever holds the state directory may use what is in it.
      if (monitor) add(await monitor.prepare(next));
      const { policy } = add(prepareAccessPolicy(next, policyDeps));
      add(hooks.prepareOutbox(hooksOf(next), next.outbox));
      add(
        changeBy(() => {
          current = next;
          api?.configure(next);
          clients.applyPolicy(policy);
          relayServer?.change(policy.snapshot.vhosts);
        }),
      );
      add(await outputs.prepare(next.vhosts, policy.snapshot.gate));
      add(await listeners.prepare(next));
    });
  let reloading: Promise<unknown> = Promise.resolve();

  return {
    get addresses() {
      return listeners.addresses;
    },
    get api() {
      return api?.places[0];
    },
    get apis() {
      return api?.places ?? [];
    },
    door: listeners.front,
    get connections() {
      return clients.connections;
    },
    prepare,
    reload(next) {
      const reloaded = reloading.then(async () => void committed(await prepare(next)));
      reloading = reloaded.catch(() => undefined);
      return reloaded;
    },
    async stop(timeoutMs = current.drainTimeoutMs) {
      const deadline = new Deadline(clock, timeoutMs);
      // What waits for nobody but the machine is not cut short where no time is given to wait for others.
      const work = new Deadline(clock, Math.max(timeoutMs, STOP_GRACE_MS));
      const part = waitingPart(logger);
      if (api) api.ready = false;
      listeners.shut();
      hooks.announce('server_stopping');
      await part('clients', work, clients.close('shutdown', 'The server is stopping.'));
      await part('connections', work, Promise.all([listeners.close(), relayServer?.close()]));
      await outputs.close(work);
      await hooks.drain(deadline.leftMs);
      stats?.close();
      const last = new Deadline(clock, STOP_GRACE_MS);
      await part('control API, outbox', last, Promise.all([api?.close(), hooks.close(), sequences.flush()]));
      await part('control socket', last, Promise.resolve(monitor?.close()));
    },
  };
}

/** Time that a stopping server has, at least and after the rest, for what waits for nobody but the machine. */
export const STOP_GRACE_MS = 2_000;

/** Waits for a part of a stopping server, until a deadline: then it says which one has not ended. */
export function waitingPart(logger: Logger) {
  return async (what: string, deadline: Deadline, work: Promise<unknown>): Promise<void> => {
    if (!(await deadline.bound(work))) logger.warn({ part: what }, 'stop no longer waits for part');
  };
}

/** What `build` makes; if it cannot, the monitor gives the state directory free. */
export async function orRelease<T>(build: () => T, monitor: HookMonitor | undefined): Promise<T> {
  try {
    return build();
  } catch (error) {
    await monitor?.close();
    throw error;
  }
}

/** Which server, and which run of it, backends are told. */
export function makeIds({ serverId }: Config): { readonly serverId: string; readonly serviceId: string } {
  return { serverId: serverId ?? `vid-${token(7)}`, serviceId: token(8) };
}

function token(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}
