import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { SharedEventRecorder } from '../cluster/ipc-event-recorder.ts';
import { WorkersStats } from '../cluster/ipc-stats.ts';
import { ownerOf } from '../cluster/worker-context.ts';
import {
  LAST_SHARE,
  WORKERS_SHARE,
  WorkerPool,
  type WorkerPoolEvents,
  type WorkerProcess,
} from '../cluster/worker-pool.ts';
import { type Answer, WorkerRegistry, type WorkersSnapshot } from '../cluster/worker-registry.ts';
import { StoredSequences } from '../hls/stored-sequences.ts';
import type { Hooks } from '../hooks/hooks.ts';
import { type Clock, Deadline } from '../model/clock.ts';
import type { Config } from '../model/options.ts';
import { changeBy, committed } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { recordingsLeft } from '../recorder/journal.ts';
import { Recorder } from '../recorder/recorder.ts';
import { hooksOf } from './access-policy.ts';
import { AdminApi } from './admin-api.ts';
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
import type { Server, ServerDeps } from './server.ts';

/** A server of several processes, as the one that started them has it. */
export interface Primary extends Pick<Server, 'addresses' | 'api' | 'reload' | 'stop'> {
  /** Connections of all workers, as far as they have told. */
  readonly connections: number;
  readonly snapshot: WorkersSnapshot;
  reopenLogs(): void;
}

/** How many processes a configuration asks for. */
export function workerCount({ workers }: Pick<Config, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** What a primary may be given instead of its own. */
export interface PrimaryDeps extends Pick<ServerDeps, 'logger' | 'clock' | 'configuration'> {
  /** Makes the pool of the processes. */
  readonly createPool?: (
    clock: Clock,
    events: WorkerPoolEvents,
  ) => Pick<WorkerPool, 'workers' | 'start' | 'empty'>;
}

/**
 * Starts workers that share the ports. This process has no client: it keeps the registry and the outbox, which
 * carries the closing events of all workers to the backends. Rejects with a sentence, with all closed again, if one of the
 * first workers cannot start.
 */
export function createPrimary(config: Config, deps: PrimaryDeps): Promise<Primary> {
  return openTogether((opened) => startPrimary(config, deps, opened));
}

const createProcesses = (clock: Clock, events: WorkerPoolEvents) =>
  new WorkerPool(fileURLToPath(new URL('./worker.js', import.meta.url)), clock, events);

async function startPrimary(config: Config, deps: PrimaryDeps, opened: Opened): Promise<Primary> {
  const { logger, clock = systemClock, configuration, createPool = createProcesses } = deps;
  const { stateDir } = config;
  const ids = makeIds(config);
  const count = workerCount(config);
  const left = recordingsLeft(stateDir);
  const part = waitingPart(logger);

  const { hooks, monitor } = buildHooks(config, { logger, clock, ids }, opened);
  const sequences = new StoredSequences({ stateDir, clock, log: logger });
  opened(() => sequences.flush());
  // Records nothing: it finishes what workers leave that have ended.
  const stamp = (id: string) => hooks.stamp(id);
  const dvr = new Recorder({ clock, logger, stateDir, server: ids, owner: ids.serviceId, stamp });
  const workers = new WorkerRegistry(count, clock, logger, ids, recorderOf(hooks), sequences);
  opened(() => workers.close());
  const stats = new WorkersStats(clock);
  const firstAnswers: Promise<Answer>[] = [];
  let stopping = false;
  const started = (worker: WorkerProcess) => {
    const answer = workers.engage(worker, orders);
    stats.add(worker.node, (message) => worker.send({ type: 'stats', message }));
    const first = firstAnswers.length < count;
    if (first) firstAnswers.push(answer);
    void answer.then((said) => {
      const { number, pid } = worker;
      if (said.ok) logger.info({ worker: number, pid }, 'worker started');
      else if (!first) {
        logger.error({ worker: number, pid, why: said.message }, 'worker could not start');
        worker.kill();
      }
    });
  };
  const pool = createPool(clock, {
    started,
    said(worker, message) {
      if (message.type === 'hooks') monitor.take(worker.node, message.report);
      else if (message.type === 'stats') stats.take(worker.node, message.message);
      else workers.take(worker, message);
    },
    gone(worker, how) {
      workers.dismiss(worker, how, stopping);
      monitor.gone(worker.node);
      stats.remove(worker.node);
      const owner = ownerOf(ids.serviceId, worker.node);
      if (recordingsLeft(stateDir)) dvr.finishLeft((name) => name === owner);
    },
    hangs: ({ number, pid }) => logger.error({ worker: number, pid }, 'worker unresponsive, replacing it'),
  });
  let api: AdminApi | undefined;
  let current = config;
  let orders = ordersOf(config, count);
  let addresses: readonly OpenAddress[] = [];

  const changes: Changes = async function* (next) {
    // First: whoever holds the state directory may use what is in it.
    yield await monitor.prepare(next, left);
    const prepared = hooks.prepare(hooksOf(next));
    yield prepared;
    yield changeBy(() => dvr.applyGate(prepared.gate));
    yield hooks.prepareOutbox(hooksOf(next), next.outbox);
    const nextOrders = ordersOf(next, count);
    yield changeBy(() => {
      current = next;
      orders = nextOrders;
      api?.configure(next);
    });
    yield await workers.prepare(nextOrders);
  };
  /** Ends the workers, and delivers what they have told last: for all of that `drain_timeout`. */
  const endWorkers = async () => {
    stopping = true;
    const { drainTimeoutMs } = current;
    const deadline = new Deadline(clock, drainTimeoutMs);
    const gone = pool.empty();
    workers.stop(WORKERS_SHARE * drainTimeoutMs);
    const patience = new Deadline(clock, Math.max(LAST_SHARE * drainTimeoutMs, STOP_GRACE_MS));
    if (!(await patience.bound(gone))) for (const worker of pool.workers) worker.kill();
    const work = new Deadline(clock, Math.max(deadline.leftMs, STOP_GRACE_MS));
    await part('workers', work, gone);
    await dvr.close(work);
    await hooks.drain(deadline.leftMs);
  };

  for await (const change of changes(config)) change.commit();
  if (left) dvr.finishLeft((owner) => !owner.startsWith(ids.serviceId));
  opened(endWorkers);
  pool.start(count);
  const answers = await Promise.all(firstAnswers);
  // The first no of all workers, or the yes of one.
  const answer = answers.find(({ ok }) => !ok) ?? answers[0];
  if (!answer?.ok) throw new Error(answer?.message ?? 'there is no worker');
  ({ addresses } = answer);
  const listening = () => addresses;
  const spokenFor = { ids, stats, hooks: monitor, configuration, logger, clock, listening };
  api = await AdminApi.open(config, spokenFor, opened);
  hooks.announce('server_started');
  if (api) api.ready = true;

  const reloadInTurn = oneAtATime();
  return {
    get addresses() {
      return addresses;
    },
    get api() {
      return api?.places[0];
    },
    get connections() {
      return workers.snapshot.workers.reduce((sum, { connections }) => sum + connections, 0);
    },
    get snapshot() {
      return workers.snapshot;
    },
    reopenLogs() {
      for (const worker of pool.workers) worker.send({ type: 'reopen log' });
    },
    reload: (next) =>
      reloadInTurn(async () => {
        committed(await prepareAll(changes(next)));
        const done = (await workers.settled).find(({ ok }) => ok);
        if (done?.ok) ({ addresses } = done);
      }),
    async stop() {
      if (api) api.ready = false;
      hooks.announce('server_stopping');
      await endWorkers();
      await closeLast({ api, hooks, sequences, monitor }, { clock, logger });
      workers.close();
    },
  };
}

/** The configuration of one of so many workers. */
function ordersOf(config: Config, count: number): Config {
  return { ...config, maxConnections: Math.ceil(config.maxConnections / count) };
}

/** The outbox for workers. Before any vhost has hooks there is none, and they have nothing to record. */
function recorderOf(hooks: Hooks): SharedEventRecorder {
  return {
    open: (opening, owner) => hooks.outbox?.open(opening, owner) ?? Promise.resolve({ ok: true, seq: 0 }),
    wait: (id) => hooks.outbox?.wait(id),
    resume: (id) => hooks.outbox?.resume(id) ?? Promise.resolve(),
    rename: (id, stream) => hooks.outbox?.rename(id, stream),
    withdraw: (id) => hooks.outbox?.withdraw(id),
    emit: (event, schema) => hooks.outbox?.emit(event, schema),
    stamp: (id) => hooks.stamp(id),
    emitDurably: (event, schema) => hooks.outbox?.emitDurably(event, schema) ?? Promise.resolve(true),
    abandon: (owner) => hooks.outbox?.abandon(owner) ?? 0,
  };
}
