import { composeGate, type Gate } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import { type OutboxStats, RequestError } from '../model/control.ts';
import type { Delivery, HookObserver } from '../model/delivery.ts';
import type { EventRecorder } from '../model/event-recorder.ts';
import type { Stamp } from '../model/events.ts';
import { ThrottledWarnings } from '../model/log-throttle.ts';
import type { Logger } from '../model/logger.ts';
import type { HookOptions, OutboxOptions } from '../model/options.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import { Backends } from './backend.ts';
import type { Deps } from './deps.ts';
import { type EventHead, Stamper } from './event.ts';
import { HookAuthorizer, VerdictCache } from './hook-authorizer.ts';
import { type Call, HookClient } from './hook-client.ts';
import { durableGate, type WatchedAuthorizer } from './outbox/durable-gate.ts';
import { DEFAULT_SCHEMA, HookRouting } from './outbox/hook-routing.ts';
import { type DrainReport, Outbox, type OutboxDeps } from './outbox/outbox.ts';
import { SteadyTime } from './outbox/steady-time.ts';
import { Store } from './outbox/store.ts';
import { GateDeadline } from './question.ts';
import { SegmentNotifier } from './segment-notifier.ts';
import { prepareHooks, type VhostHooks } from './vhost-hooks.ts';

/** What the hooks need of the process. */
export interface HooksDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly serverId: string;
  readonly serviceId: string;
  /** Our own version, for the User-Agent. */
  readonly version: string;
  /** Learns of each delivery, hit of the cache and change of a breaker. */
  readonly observer: HookObserver;
  /** Learns which names answers replace. */
  readonly concealed?: ConcealedNames;
  /** Where closing events and notices are kept; or, in a worker process, who keeps them. */
  readonly outbox: OutboxPlace | EventRecorder;
}

/** The hooks of a configuration snapshot, which count once they are committed. */
export interface PreparedHooks extends PreparedChange {
  readonly gate: Gate;
}

/** The HTTP callbacks of the process. */
export interface Hooks {
  /**
   * Gets ready for one configuration snapshot. From the commit on its gate works, and one of an earlier snapshot goes on
   * working; connections are shared between snapshots, and those that only earlier ones use are closed. Throws if a URL
   * is not an absolute http or https URL. `vhosts` has every vhost there is, also those without hooks: a vhost that it
   * lacks lets nobody through.
   */
  prepare(vhosts: ReadonlyMap<string, HookOptions>): PreparedHooks;
  /**
   * Opens the outbox of this process if a vhost has hooks and it is not open yet. The commit, which has to follow that of
   * `prepare`, recovers what earlier runs left in it, and applies new bounds and times. Throws if it cannot be opened.
   */
  prepareOutbox(vhosts: ReadonlyMap<string, HookOptions>, options: OutboxOptions): PreparedChange;
  /**
   * Sends an event again as it was, as the `attempt`th time, under the rules of the last snapshot; resolves with what
   * came of it. Rejects with a RequestError if its URL is not configured any more.
   */
  replay(delivery: Delivery, attempt: number): Promise<Delivery>;
  /** The outbox of this process; undefined in a worker, and until a vhost has hooks that are on. */
  readonly outbox: Outbox | undefined;
  /** How the outbox fares. */
  readonly stats: OutboxStats;
  /** The stamp for an event that is going to be sealed. */
  stamp(id: string): Promise<Stamp>;
  /** Tells every vhost that has a URL for it. */
  announce(action: 'server_started' | 'server_stopping'): void;
  /** Waits until what was told so far has been delivered, as far as it can be now, or the time is over. */
  drain(timeoutMs: number): Promise<DrainReport>;
  /** Refuses open questions, leaves in the outbox what is not delivered, and closes all connections. */
  close(): Promise<void>;
}

/** Sets up the hooks of the process; no connection is made before the first event. */
export function createHooks(setup: HooksDeps): Hooks {
  const { logger, clock, version, observer, concealed = new ConcealedNames() } = setup;
  const backends = new Backends(clock, logger, observer);
  const server = { serverId: setup.serverId, serviceId: setup.serviceId };
  const hookClient = new HookClient({ backends, clock, server, observer });
  const stamper = new Stamper();
  const deps: Deps = { clock, logger, hookClient, stamper, observer, concealed };
  const authorizer = new HookAuthorizer(deps);
  const notifier = new SegmentNotifier({ ...deps, server, version });
  let latest: ReadonlyMap<string, VhostHooks> = new Map();
  const directory = new HookRouting(version);
  let outbox: Outbox | undefined;
  const recorder = (): EventRecorder => {
    const opened = 'open' in setup.outbox ? setup.outbox : outbox;
    if (!opened) throw new Error('the outbox is not open');
    return opened;
  };
  const gateOf = (
    options: ReadonlyMap<string, HookOptions>,
    vhosts: ReadonlyMap<string, VhostHooks>,
  ): Gate => {
    const cache = new VerdictCache(clock);
    const asking: WatchedAuthorizer = {
      async authorize(event, signal, watcher) {
        const hooks = vhosts.get(event.vhost);
        if (hooks !== undefined) return authorizer.ask(event, hooks, { cache, client: signal, watcher });
        return { allowed: false, message: 'The vhost is not configured.' };
      },
      isInterested: (action, vhost) => {
        if (action === 'on_hls' && options.get(vhost)?.urls.on_hls_notify !== undefined) return true;
        return vhosts.get(vhost)?.targets.has(action) ?? true;
      },
    };
    if (!hasHooks(options)) return composeGate([asking], []);
    const gate = durableGate(asking, {
      recorder,
      clock,
      stamper,
      isSubscribed: (action, vhost) => vhosts.get(vhost)?.targets.has(action) ?? false,
      schema: (vhost) => vhosts.get(vhost)?.schema ?? DEFAULT_SCHEMA,
      timeoutMs: (action, vhost) => vhosts.get(vhost)?.policy(action).timeoutMs ?? 0,
    });
    return {
      authorize: (event, signal) => gate.authorize(event, signal),
      emit(event) {
        const own = options.get(event.vhost);
        if (event.action === 'on_hls' && own !== undefined) notifier.notify(event, own);
        gate.emit(event);
      },
      emitDurably: (event) => gate.emitDurably(event),
      isInterested: (action, vhost) => gate.isInterested(action, vhost),
    };
  };
  const prepare = (options: ReadonlyMap<string, HookOptions>): PreparedHooks => {
    const vhosts = new Map(Array.from(options, ([name, hooks]) => [name, prepareHooks(hooks, version)]));
    const change = changeBy(() => {
      latest = vhosts;
      backends.keepOnly(Array.from(vhosts.values(), ({ targets }) => [...targets.values()].flat()).flat());
      directory.update(options, vhosts);
    });
    return { ...change, gate: gateOf(options, vhosts) };
  };
  const prepareOutbox = (
    vhosts: ReadonlyMap<string, HookOptions>,
    options: OutboxOptions,
  ): PreparedChange => {
    const place = setup.outbox;
    if ('open' in place) return changeBy(() => undefined);
    if (outbox || !hasHooks(vhosts)) return changeBy(() => outbox?.applyOptions(options));
    // Where it is kept is decided when the server starts.
    const { enabled } = place.options;
    const opened = openOutbox({ ...place, options: { ...options, enabled } }, { ...deps, directory, server });
    return {
      commit() {
        outbox = opened;
        opened.recover();
      },
      rollBack: () => opened.close(),
    };
  };
  return {
    prepare,
    prepareOutbox,
    replay: (delivery, attempt) => replay(delivery, latest.get(delivery.vhost), attempt, deps),
    get outbox() {
      return outbox;
    },
    get stats() {
      return outbox?.stats ?? { events: 0, oldestMs: 0, dropped: 0, givenUp: 0, onDisk: false };
    },
    stamp: (id) => ('open' in setup.outbox ? setup.outbox.stamp(id) : Promise.resolve(stamper.next(id))),
    announce(action) {
      for (const [vhost, { schema }] of directory.vhostsWith(action))
        outbox?.emit({ action, vhost, app: '', stream: '' }, schema);
    },
    drain: (timeoutMs) => outbox?.drain(timeoutMs) ?? Promise.resolve({ delivered: 0, left: 0 }),
    async close() {
      authorizer.close();
      notifier.close();
      await outbox?.close();
      await backends.close();
    },
  };
}

function hasHooks(vhosts: ReadonlyMap<string, HookOptions>): boolean {
  return [...vhosts.values()].some(({ enabled }) => enabled);
}

/**
 * Sends an event again as it was, with its id and its body, to the same URL, and resolves with what came of it. How that
 * is done (time, keys, headers) is what `hooks` of its vhost say now; so is whether that URL may be called at all.
 * No client feels the answer. Rejects with a RequestError if there is no such URL any more.
 */
async function replay(
  delivery: Delivery,
  hooks: VhostHooks | undefined,
  attempt: number,
  { hookClient, clock }: { readonly hookClient: HookClient; readonly clock: Clock },
): Promise<Delivery> {
  const { action, url, vhost } = delivery;
  const targets = [...(hooks?.targets.get(action) ?? []), ...[...(hooks?.targets.values() ?? [])].flat()];
  const target = targets.find(({ shown }) => shown === url);
  if (hooks === undefined || target === undefined) {
    throw new RequestError(
      'impossible',
      `The vhost ${vhost} has no URL ${url} any more, so the event is not sent there.`,
    );
  }
  const limit = new GateDeadline(clock, hooks.policy(action).timeoutMs);
  try {
    return await new Promise<Delivery>((resolve, reject) => {
      const call: Call = {
        event: eventOf(delivery),
        hooks,
        target,
        attempt,
        body: delivery.request.body,
        report: resolve,
      };
      hookClient.call(call, limit).catch(reject);
    });
  } finally {
    limit.clear();
  }
}

/** As much of the event as a call needs that has its body already. */
function eventOf({ action, vhost, app, stream, clientId, eventId, at }: Delivery): EventHead {
  const client = { id: clientId, number: 0, ip: '' };
  return { action, client, vhost, app, stream, stamp: { id: eventId, at, seq: 0 } };
}

/** Where the outbox is kept. */
export interface OutboxPlace {
  readonly options: OutboxOptions;
  readonly stateDir: string;
}

/** Opens the outbox; what earlier runs left in it waits for `recover`. Throws a sentence if it cannot be kept there. */
export function openOutbox(
  { options, stateDir }: OutboxPlace,
  deps: Omit<OutboxDeps, 'store' | 'options' | 'time'>,
): Outbox {
  const { clock, logger } = deps;
  const trouble = new ThrottledWarnings(clock, logger);
  const store = new Store(options.enabled ? stateDir : undefined, clock, {
    failed: (why) => trouble.warn('disk', { directory: stateDir, why }, 'outbox cannot write to disk'),
    recovered: () => logger.info({ directory: stateDir }, 'outbox writes to disk again'),
    damaged: (damage) => logger.error({ ...damage }, 'outbox file damaged, readable records recovered'),
    outdated: (file, movedTo) => logger.warn({ file, movedTo }, 'outbox of an earlier version ignored'),
  });
  return new Outbox({ ...deps, options, store, time: new SteadyTime(clock) });
}
