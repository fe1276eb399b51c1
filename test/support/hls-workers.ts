import { onTestFinished } from 'vitest';
import type { SharedRecorder } from '../../src/cluster/ipc-event-recorder.ts';
import type { ToPrimary, ToWorker } from '../../src/cluster/messages.ts';
import { Membership } from '../../src/cluster/worker-context.ts';
import type { WorkerProcess } from '../../src/cluster/worker-pool.ts';
import { Crew } from '../../src/cluster/worker-registry.ts';
import { FakeClock } from './fake-clock.ts';
import { startHlsServer } from './hls-server.ts';
import { keepingLog } from './memory-server.ts';
import { config } from './options.ts';
import { Sequences } from './sequences.ts';

/** The gates of these tests keep no records. */
const NO_RECORDS: SharedRecorder = {
  open: () => Promise.resolve({ ok: true, seq: 0 }),
  wait: () => undefined,
  resume: () => Promise.resolve(),
  rename: () => undefined,
  withdraw: () => undefined,
  tell: () => undefined,
  stamp: () => Promise.reject(new Error('there are no records')),
  entrust: () => Promise.resolve(true),
  abandon: () => 0,
};

type Options = Parameters<typeof startHlsServer>[0];

/**
 * Two workers of one server, both in this process, each with ports, a gate and a clock of its own: so a test says which
 * of them a client reaches. Messages between them and their primary take a turn and are copied.
 */
export async function startHlsWorkers(options: Options = {}) {
  const clock = new FakeClock('real');
  const crew = new Crew(
    2,
    clock,
    keepingLog(),
    { serverId: 's', serviceId: 'r' },
    NO_RECORDS,
    new Sequences(),
  );
  onTestFinished(() => crew.close());
  const start = async (number: number) => {
    const started = assigned(crew, clock, number);
    const server = await startHlsServer({ ...options, membership: started.membership });
    return { ...server, ...started };
  };
  return { crew, first: await start(1), second: await start(2) };
}

function assigned(crew: Crew, clock: FakeClock, number: number) {
  let membership: Membership | undefined;
  const later =
    <T>(take: (message: T) => void) =>
    (message: T) =>
      void setImmediate(() => take(structuredClone(message)));
  const toCrew = later((message: ToPrimary) => {
    if (message.type !== 'hooks' && message.type !== 'census') crew.take(worker, message);
  });
  const toWorker = later((message: ToWorker) => membership?.take(message));
  const worker: WorkerProcess = {
    number,
    node: String(number),
    pid: process.pid,
    send(message) {
      if (message.type === 'start') membership = new Membership(message.assignment, clock, toCrew);
      else toWorker(message);
    },
    kill: () => undefined,
  };
  void crew.engage(worker, config());
  crew.take(worker, { type: 'ready' });
  if (!membership) throw new Error('the crew gave no assignment');
  return { membership, dismiss: () => crew.dismiss(worker, 'SIGKILL', false) };
}
