import { onTestFinished } from 'vitest';
import type { SharedEventRecorder } from '../../src/cluster/ipc-event-recorder.ts';
import type { ToPrimary, ToWorker } from '../../src/cluster/messages.ts';
import { WorkerContext } from '../../src/cluster/worker-context.ts';
import type { WorkerProcess } from '../../src/cluster/worker-pool.ts';
import { WorkerRegistry } from '../../src/cluster/worker-registry.ts';
import { FakeClock } from './fake-clock.ts';
import { startHlsServer } from './hls-server.ts';
import { keepingLog } from './memory-server.ts';
import { config } from './options.ts';
import { Sequences } from './sequences.ts';

/** The gates of these tests keep no records. */
const NO_RECORDS: SharedEventRecorder = {
  open: () => Promise.resolve({ ok: true, seq: 0 }),
  wait: () => undefined,
  resume: () => Promise.resolve(),
  rename: () => undefined,
  withdraw: () => undefined,
  emit: () => undefined,
  stamp: () => Promise.reject(new Error('there are no records')),
  emitDurably: () => Promise.resolve(true),
  abandon: () => 0,
};

type Options = Parameters<typeof startHlsServer>[0];

/**
 * Two workers of one server, both in this process, each with ports, a gate and a clock of its own: so a test says which
 * of them a client reaches. Messages between them and their primary take a turn and are copied.
 */
export async function startHlsWorkers(options: Options = {}) {
  const clock = new FakeClock('real');
  const workers = new WorkerRegistry(
    2,
    clock,
    keepingLog(),
    { serverId: 's', serviceId: 'r' },
    NO_RECORDS,
    new Sequences(),
  );
  onTestFinished(() => workers.close());
  const start = async (number: number) => {
    const started = assigned(workers, clock, number);
    const server = await startHlsServer({ ...options, workerContext: started.workerContext });
    return { ...server, ...started };
  };
  return { workers, first: await start(1), second: await start(2) };
}

function assigned(workers: WorkerRegistry, clock: FakeClock, number: number) {
  let workerContext: WorkerContext | undefined;
  const later =
    <T>(take: (message: T) => void) =>
    (message: T) =>
      void setImmediate(() => take(structuredClone(message)));
  const toCrew = later((message: ToPrimary) => {
    if (message.type !== 'hooks' && message.type !== 'stats') workers.take(worker, message);
  });
  const toWorker = later((message: ToWorker) => workerContext?.take(message));
  const worker: WorkerProcess = {
    number,
    node: String(number),
    pid: process.pid,
    send(message) {
      if (message.type === 'start') workerContext = new WorkerContext(message.assignment, clock, toCrew);
      else toWorker(message);
    },
    kill: () => undefined,
  };
  void workers.engage(worker, config());
  workers.take(worker, { type: 'ready' });
  if (!workerContext) throw new Error('the registry gave no assignment');
  return { workerContext, dismiss: () => workers.dismiss(worker, 'SIGKILL', false) };
}
