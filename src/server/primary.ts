import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { SharedEventRecorder } from '../cluster/ipc-event-recorder.ts';
import { WorkersStats } from '../cluster/ipc-stats.ts';
import { ownerOf } from '../cluster/worker-context.ts';
import { LAST_SHARE, WORKERS_SHARE, WorkerPool, type WorkerProcess } from '../cluster/worker-pool.ts';
import { type Answer, WorkerRegistry, type WorkersSnapshot } from '../cluster/worker-registry.ts';
import { StoredSequences } from '../hls/stored-sequences.ts';
import { createHooks, type Hooks } from '../hooks/hooks.ts';
import { Deadline } from '../model/clock.ts';
import type { Config } from '../model/options.ts';
import { changeBy, committed, type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import { VERSION } from '../model/version.ts';
import { recordingsLeft } from '../recorder/journal.ts';
import { Recorder } from '../recorder/recorder.ts';
import { hooksOf } from './access-policy.ts';
import { AdminApi } from './admin-api.ts';
import { HookMonitor } from './hook-monitor.ts';
import { makeIds, orRelease, type Server, type ServerDeps, STOP_GRACE_MS, waitingPart } from './server.ts';

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

/**
 * Starts workers that share the ports. This process has no client: it keeps the registry and the outbox, which
 * carries the closing events of all workers to the backends.
 */
export async function createPrimary(
  config: Config,
  deps: Pick<ServerDeps, 'logger' | 'clock' | 'configuration'>,
): Promise<Primary> {
  const { logger, clock = systemClock } = deps;
  const ids = makeIds(config);
  const monitor = new HookMonitor(config.stateDir);
  const left = recordingsLeft(config.stateDir);
  committed(await monitor.prepare(config, left));
  const hooks = createHooks({
    logger,
    clock,
    ...ids,
    version: VERSION,
    observer: monitor.observer,
    outbox: { options: config.outbox, stateDir: config.stateDir },
  });
  monitor.serve(hooks);
  const count = workerCount(config);
  // Records nothing: it finishes what workers leave that have ended.
  const { stateDir } = config;
  const stamp = (id: string) => hooks.stamp(id);
  const dvr = new Recorder({ clock, logger, stateDir, server: ids, owner: ids.serviceId, stamp });
  const ordersOf = (next: Config): Config => ({
    ...next,
    maxConnections: Math.ceil(next.maxConnections / count),
  });
  let current = config;
  let orders = ordersOf(config);
  const prepareHooks = (next: Config): PreparedChange => {
    const prepared = hooks.prepare(hooksOf(next));
    return {
      commit() {
        prepared.commit();
        dvr.applyGate(prepared.gate);
      },
      rollBack: () => prepared.rollBack(),
    };
  };
  await orRelease(() => {
    committed(prepareHooks(config));
    committed(hooks.prepareOutbox(hooksOf(config), config.outbox));
  }, monitor);

  const sequences = new StoredSequences({ stateDir, clock, log: logger });
  const workers = new WorkerRegistry(count, clock, logger, ids, recorderOf(hooks), sequences);
  const firstAnswers: Promise<Answer>[] = [];
  let stopping = false;
  const started = (worker: WorkerProcess) => {
    const answer = workers.engage(worker, orders);
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
  const pool = new WorkerPool(fileURLToPath(new URL('./worker.js', import.meta.url)), clock, {
    started,
    said(worker, message) {
      if (message.type === 'hooks') monitor.take(worker.node, message.report);
      else if (message.type === 'stats') stats.hear(worker.node, message.answer);
      else workers.take(worker, message);
    },
    gone(worker, how) {
      workers.dismiss(worker, how, stopping);
      monitor.gone(worker.node);
      stats.gone(worker.node);
      const owner = ownerOf(ids.serviceId, worker.node);
      if (recordingsLeft(stateDir)) dvr.finishLeft((name) => name === owner);
    },
    hangs: ({ number, pid }) => logger.error({ worker: number, pid }, 'worker unresponsive, replacing it'),
  });

  const stats = new WorkersStats(clock, () =>
    pool.workers.map(({ node, send }) => ({ node, ask: (request) => send({ type: 'stats', request }) })),
  );

  let api: AdminApi | undefined;
  const stop = async () => {
    stopping = true;
    if (api) api.ready = false;
    hooks.announce('server_stopping');
    const { drainTimeoutMs } = current;
    const deadline = new Deadline(clock, drainTimeoutMs);
    const part = waitingPart(logger);
    const gone = pool.empty();
    workers.stop(WORKERS_SHARE * drainTimeoutMs);
    const patience = new Deadline(clock, Math.max(LAST_SHARE * drainTimeoutMs, STOP_GRACE_MS));
    if (!(await patience.bound(gone))) for (const worker of pool.workers) worker.kill();
    const work = new Deadline(clock, Math.max(deadline.leftMs, STOP_GRACE_MS));
    await part('workers', work, gone);
    await dvr.close(work);
    await hooks.drain(deadline.leftMs);
    const last = new Deadline(clock, STOP_GRACE_MS);
    await part('control API, outbox', last, Promise.all([api?.close(), hooks.close(), sequences.flush()]));
    await part('control socket', last, monitor.close());
    workers.close();
  };

  if (left) dvr.finishLeft((owner) => !owner.startsWith(ids.serviceId));
  pool.start(count);
  const first = together(await Promise.all(firstAnswers));
  if (!first?.ok) {
    await stop();
    throw new Error(first?.message ?? 'there is no worker');
  }
  let { addresses } = first;
  try {
    const { configuration } = deps;
    const listening = () => addresses;
    api = await AdminApi.open(config, {
      ids,
      stats,
      hooks: monitor,
      configuration,
      logger,
      clock,
      listening,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  hooks.announce('server_started');
  if (api) api.ready = true;

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
    async reload(next) {
      const change = await prepareTogether(async (add) => {
        add(await monitor.prepare(next));
        add(prepareHooks(next));
        add(hooks.prepareOutbox(hooksOf(next), next.outbox));
        add(
          changeBy(() => {
            current = next;
            orders = ordersOf(next);
            api?.configure(next);
          }),
        );
        add(await workers.prepare(ordersOf(next)));
      });
      change.commit();
      const answer = (await workers.settled).find(({ ok }) => ok);
      if (answer?.ok) ({ addresses } = answer);
    },
    stop,
  };
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

/** The first no of all workers, or the yes of one. Undefined while none is there: those who come will do as they are told. */
function together(answers: readonly Answer[]): Answer | undefined {
  return answers.find(({ ok }) => !ok) ?? answers[0];
}
