import { ClientRegistry } from '../clients/client-registry.ts';
import type { WorkerContext } from '../cluster/worker-context.ts';
import { StoredSequences } from '../hls/stored-sequences.ts';
import { createHooks, type HooksDeps } from '../hooks/hooks.ts';
import { liveFlv } from '../http/flv/flv-handler.ts';
import { HlsHandler } from '../http/hls/hls-handler.ts';
import { PeerServers } from '../http/peers/peer-proxy.ts';
import type { Gate } from '../model/authorization.ts';
import { type Clock, Deadline } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import type { ConfigControl, ListeningPlace } from '../model/control.ts';
import { hushed, type Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import { changeBy, committed, type PreparedChange } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import { singleProcessStats } from '../model/stats.ts';
import { VERSION } from '../model/version.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { recordingsLeft } from '../recorder/journal.ts';
import type { RtmpServer } from '../rtmp/rtmp-server.ts';
import { Hub } from '../streams/hub.ts';
import { CLOSED_POLICY, hooksOf, prepareAccessPolicy, type RefusalCounts } from './access-policy.ts';
import { AdminApi, openStats } from './admin-api.ts';
import {
  buildHooks,
  type Changes,
  closeLast,
  makeIds,
  type Opened,
  oneAtATime,
  openTogether,
  prepareAll,
  STOP_GRACE_MS,
  waitingPart,
} from './assembly.ts';
import { ClientListeners } from './client-listeners.ts';
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
 * Builds the parts, joins them and starts to listen, all in this process: `workers` is `createPrimary`'s business. Rejects
 * with a sentence, with all closed again, if that cannot be done.
 */
export function createServer(config: Config, deps: ServerDeps): Promise<Server> {
  return openTogether((opened) => startServer(config, deps, opened));
}

async function startServer(config: Config, deps: ServerDeps, opened: Opened): Promise<Server> {
  const { logger, clock = systemClock, workerContext } = deps;
  const { stateDir } = config;
  const ids = workerContext?.ids ?? makeIds(config);
  const owner = workerContext?.owner ?? ids.serviceId;
  const left = workerContext === undefined && recordingsLeft(stateDir);

  // The parts, none of which lets anybody in or touches the state directory before its first change.
  const { hooks, monitor, concealed } = workerContext
    ? buildWorkerHooks(workerContext, { logger, clock }, opened)
    : buildHooks(config, { logger, clock, ids }, opened);
  const sequences = workerContext?.sequences ?? new StoredSequences({ stateDir, clock, log: logger });
  opened(() => sequences.flush());
  const hub = new Hub(clock);
  const stamp = (id: string) => hooks.stamp(id);
  const outputs = new StreamOutputs(hub, { clock, logger, stateDir, server: ids, owner, stamp }, sequences);
  opened(() => outputs.close(new Deadline(clock, 0)));
  const clients = new ClientRegistry(CLOSED_POLICY, hub, clock, logger, workerContext, concealed);
  const peerServers = workerContext && new PeerServers(workerContext.peers);
  const handlers = [liveFlv(clients), new HlsHandler(clients, () => outputs.hls, peerServers)];
  // All workers look at the same files.
  const certificateLog = workerContext?.logsCertificates === false ? hushed(logger) : logger;
  const listeners = new ClientListeners(clients, handlers, certificateLog, workerContext?.peers);
  opened(() => listeners.close());
  opened(() => clients.close('shutdown', 'The server could not start.'));
  const relayLink = await workerContext?.open(hub, clock, logger);
  opened(() => relayLink?.close());
  const refusals: RefusalCounts | undefined = config.httpApi.enabled ? {} : undefined;
  const stats = await openStats(config, {
    worker: workerContext?.worker ?? 0,
    hub,
    clients,
    clock,
    recordings: (key) => outputs.filesOf(key),
    refusals: () => ({ ...refusals }),
  });
  opened(() => stats?.close());
  if (workerContext) workerContext.statsSource = stats;
  let api: AdminApi | undefined;
  let current = config;

  const changes: Changes = async function* (next) {
    // First: whoever holds the state directory may use what is in it.
    if (monitor) yield await monitor.prepare(next, left);
    const access = prepareAccessPolicy(next, { hooks, gate: deps.gate, refusals });
    yield access;
    yield hooks.prepareOutbox(hooksOf(next), next.outbox);
    const { policy } = access;
    yield changeBy(() => {
      current = next;
      api?.configure(next);
      clients.applyPolicy(policy);
      relayLink?.applyVhosts(policy.snapshot.vhosts);
    });
    yield await outputs.prepare(next.vhosts, policy.snapshot.gate);
    // Last: from its commit on, clients come in.
    yield await listeners.prepare(next);
  };

  for await (const change of changes(config)) {
    change.commit();
    // Nobody comes in before the segments of an earlier run are gone.
    await outputs.cleared;
  }
  if (monitor && stats) {
    const { configuration } = deps;
    const listening = () => listeners.addresses;
    const source = singleProcessStats(stats);
    const spokenFor = { ids, stats: source, hooks: monitor, configuration, logger, clock, listening };
    api = await AdminApi.open(config, spokenFor, opened);
    if (api?.shared) listeners.share(api.shared);
  }
  hooks.announce('server_started');
  if (api) api.ready = true;
  // Whoever holds the state directory knows that those who recorded into it are no more.
  if (left) outputs.finishLeft((owner) => owner !== ids.serviceId);

  const reloadInTurn = oneAtATime();
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
    prepare: (next) => prepareAll(changes(next)),
    reload: (next) => reloadInTurn(async () => void committed(await prepareAll(changes(next)))),
    async stop(timeoutMs = current.drainTimeoutMs) {
      const deadline = new Deadline(clock, timeoutMs);
      // What waits for nobody but the machine is not cut short where no time is given to wait for others.
      const work = new Deadline(clock, Math.max(timeoutMs, STOP_GRACE_MS));
      const part = waitingPart(logger);
      if (api) api.ready = false;
      listeners.shut();
      hooks.announce('server_stopping');
      await part('clients', work, clients.close('shutdown', 'The server is stopping.'));
      await part('connections', work, Promise.all([listeners.close(), relayLink?.close()]));
      await outputs.close(work);
      await hooks.drain(deadline.leftMs);
      stats?.close();
      await closeLast({ api, hooks, sequences, monitor }, { clock, logger });
    },
  };
}

/** The hooks of a worker: its primary keeps the events, and monitors. */
function buildWorkerHooks(
  { ids, hooks: observer, recorder: outbox }: WorkerContext,
  deps: Pick<HooksDeps, 'logger' | 'clock'>,
  opened: Opened,
) {
  const concealed = new ConcealedNames();
  const hooks = createHooks({ ...deps, ...ids, version: VERSION, concealed, observer, outbox });
  opened(() => hooks.close());
  return { hooks, concealed, monitor: undefined };
}
