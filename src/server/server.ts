import { randomBytes } from 'node:crypto';
import { Lobby } from '../clients/client-registry.ts';
import type { Membership } from '../cluster/worker-context.ts';
import { StoredSequences } from '../hls/stored-sequences.ts';
import { createHooks } from '../hooks/hooks.ts';
import { liveFlv } from '../http/flv/flv-handler.ts';
import { HlsPart } from '../http/hls/hls-handler.ts';
import { Neighbours } from '../http/peers/peer-server.ts';
import type { Clock } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import type { ConfigControl, ListeningPlace } from '../model/control.ts';
import { Deadline } from '../model/deadline.ts';
import { UNOBSERVED } from '../model/delivery.ts';
import type { Gate } from '../model/events.ts';
import { hushed, type Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import { changeBy, committed, type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import { soleCensus } from '../model/stats.ts';
import { VERSION } from '../model/version.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { recordingsLeft } from '../recorder/journal.ts';
import type { FrontDoor } from '../rtmp/rtmp-server.ts';
import { Hub } from '../streams/hub.ts';
import { prepareHouseRules } from './access-policy.ts';
import { ApiDesk, openCensus } from './admin-api.ts';
import { Doors } from './client-listeners.ts';
import { HookDesk } from './hook-monitor.ts';
import { RefusalCount } from './refusal-count.ts';
import { Takers } from './stream-outputs.ts';

/** What a server may be given instead of its own. */
export interface ServerDeps {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A gate that is asked beside those of the configuration, before them. */
  readonly gate?: Gate;
  /** Set in a worker process: what it shares with the others. */
  readonly membership?: Membership;
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
  readonly door: Pick<FrontDoor, 'enter'>;
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
  const { logger, clock = systemClock, membership } = deps;
  const hub = new Hub(clock);
  // A worker's is in the primary.
  const desk = membership ? undefined : new HookDesk(config.stateDir);
  const left = membership === undefined && recordingsLeft(config.stateDir);
  if (desk) committed(await desk.prepare(config, left));
  const concealed = desk?.concealed ?? new ConcealedNames();
  const ids = membership?.ids ?? makeIds(config);
  const hooks = createHooks({
    logger,
    clock,
    ...ids,
    version: VERSION,
    concealed,
    observer: membership?.hooks ?? desk?.observer ?? UNOBSERVED,
    outbox: membership?.recorder ?? { options: config.outbox, stateDir: config.stateDir },
  });
  desk?.serve(hooks);
  const judges = {
    hooks,
    gate: deps.gate,
    refusals: config.httpApi.enabled ? new RefusalCount() : undefined,
  };
  const { rules } = await orGiveFree(() => committed(prepareHouseRules(config, judges)), desk);
  const owner = membership?.owner ?? ids.serviceId;
  const { stateDir } = config;
  const sequences = membership?.sequences ?? new StoredSequences({ stateDir, clock, log: logger });
  const stamp = (id: string) => hooks.stamp(id);
  const takers = new Takers(hub, { clock, logger, stateDir, server: ids, owner, stamp }, sequences);
  const lobby = new Lobby(rules, hub, clock, logger, membership, concealed);
  const neighbours = membership && new Neighbours(membership.neighbourhood);
  const parts = [liveFlv(lobby), new HlsPart(lobby, () => takers.hls, neighbours)];
  // All workers look at the same files.
  const ofCertificates = membership?.isTeller === false ? hushed(logger) : logger;
  const doors = new Doors(lobby, config.proxyProtocol, parts, ofCertificates, membership?.neighbourhood);
  const backDoor = await membership?.open(hub, clock, logger, rules.snapshot.vhosts);
  const worker = membership?.worker ?? 0;
  const census = await openCensus(config, {
    worker,
    hub,
    lobby,
    clock,
    recordings: (key) => takers.filesOf(key),
    refusals: () => judges.refusals?.counts ?? {},
  });
  if (membership) membership.office = census;
  let api: ApiDesk | undefined;
  try {
    committed(await takers.prepare(config.vhosts, rules.snapshot.gate));
    await takers.cleared;
    committed(await doors.prepare(config));
    if (desk && census) {
      const { configuration } = deps;
      const listening = () => doors.addresses;
      const office = soleCensus(census);
      api = await ApiDesk.open(config, {
        ids,
        census: office,
        hooks: desk,
        configuration,
        logger,
        clock,
        listening,
      });
      if (api?.shared) doors.share(api.shared);
    }
  } catch (error) {
    census?.close();
    await lobby.close('shutdown', 'The server could not start.');
    await doors.close();
    await backDoor?.close();
    await takers.close(new Deadline(clock, 0));
    await hooks.close();
    await desk?.close();
    throw error;
  }
  let current = config;
  hooks.announce('server_started');
  if (api) api.ready = true;
  // Whoever holds the state directory knows that those who recorded into it are no more.
  if (left) takers.finishLeft((owner) => owner !== ids.serviceId);

  const prepare = (next: Config): Promise<PreparedChange> =>
    prepareTogether(async (add) => {
      // First: whoever holds the state directory may use what is in it.
      if (desk) add(await desk.prepare(next));
      const { rules } = add(prepareHouseRules(next, judges));
      add(
        changeBy(() => {
          current = next;
          api?.configure(next);
          hooks.change(next.outbox);
          lobby.change(rules);
          backDoor?.change(rules.snapshot.vhosts);
        }),
      );
      add(await takers.prepare(next.vhosts, rules.snapshot.gate));
      add(await doors.prepare(next));
    });
  let reloading: Promise<unknown> = Promise.resolve();

  return {
    get addresses() {
      return doors.addresses;
    },
    get api() {
      return api?.places[0];
    },
    get apis() {
      return api?.places ?? [];
    },
    door: doors.front,
    get connections() {
      return lobby.connections;
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
      doors.shut();
      hooks.announce('server_stopping');
      await part('clients', work, lobby.close('shutdown', 'The server is stopping.'));
      await part('connections', work, Promise.all([doors.close(), backDoor?.close()]));
      await takers.close(work);
      await hooks.drain(deadline.leftMs);
      census?.close();
      const last = new Deadline(clock, STOP_GRACE_MS);
      await part('control API, outbox', last, Promise.all([api?.close(), hooks.close()]));
      await part('control socket', last, Promise.resolve(desk?.close()));
    },
  };
}

/** Time that a stopping server has, at least and after the rest, for what waits for nobody but the machine. */
export const STOP_GRACE_MS = 2_000;

/** Waits for a part of a stopping server, until a deadline: then it says which one has not ended. */
export function waitingPart(logger: Logger) {
  return async (what: string, deadline: Deadline, work: Promise<unknown>): Promise<void> => {
    if (!(await deadline.bound(work)))
      logger.warn({ part: what }, 'not waited for any longer while stopping');
  };
}

/** What `build` makes; if it cannot, the desk gives the state directory free. */
export async function orGiveFree<T>(build: () => T, desk: HookDesk | undefined): Promise<T> {
  try {
    return build();
  } catch (error) {
    await desk?.close();
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
