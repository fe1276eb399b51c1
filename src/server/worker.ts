/** The program that a worker process runs: `src/cluster/worker-pool.ts` starts it. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Assignment, ToPrimary, ToWorker } from '../cluster/messages.ts';
import { WorkerContext } from '../cluster/worker-context.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { systemClock } from '../model/process-clock.ts';
import { openLog } from '../observe/logger.ts';
import { createServer, type Server } from './server.ts';

/** How often the primary is told the number of connections, if it has changed … */
const REPORT_MS = 250;
/** … and if it has not: every fourth time, as a sign of life. */
const SIGN_OF_LIFE = 4;

const send = (message: ToPrimary, done: () => void = () => undefined) => {
  if (process.connected) process.send?.(message, done);
};

// Signals go to a whole terminal; what they mean is for the primary to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) {
  process.on(signal, () => undefined);
}
// A worker without its primary serves nobody: nobody would be told what its clients do.
process.on('disconnect', () => {
  if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
  process.exit(1);
});
/** The directory of the relay sockets, which a primary that was killed leaves behind. */
let sockets: string | undefined;

process.once('message', (message: ToWorker) => {
  if (message.type === 'start') void run(message.assignment);
});

send({ type: 'ready' });

async function run(assignment: Assignment): Promise<void> {
  const { config, worker, place } = assignment;
  sockets = dirname(place.address);
  const workerContext = new WorkerContext(assignment, systemClock, send);
  const log = openLog(config.log);
  const logger = log.logger.child({ worker });
  let starting: Promise<Server> | undefined;
  let prepared: PreparedChange | undefined;
  let work: Promise<void> = Promise.resolve();
  /** Does what the primary says in the order in which it does; tells what fails. */
  const next = (task: () => Promise<void>) => {
    work = work.then(task).catch((error: Error) => send({ type: 'failed', message: error.message }));
  };
  process.on('message', (message: ToWorker) => {
    workerContext.take(message);
    if (message.type === 'reopen log') log.reopen();
    if (message.type === 'stop') void stop(starting, workerContext, message.timeoutMs);
    if (message.type === 'prepare') {
      next(async () => {
        prepared = await (await starting)?.prepare(message.config);
        send({ type: 'prepared' });
      });
    }
    if (message.type === 'commit') {
      next(async () => {
        prepared?.commit();
        prepared = undefined;
        sendAddresses(await starting);
      });
    }
    if (message.type === 'roll back') {
      next(async () => {
        await prepared?.rollBack();
        prepared = undefined;
      });
    }
  });
  starting = createServer(config, { logger, workerContext });
  next(async () => sendAddresses(await starting));
  const server = await starting.catch(() => undefined);
  if (server) reportConnections(server);
}

function sendAddresses(server: Server | undefined): void {
  send({ type: 'listening', addresses: server?.addresses ?? [] });
}

async function stop(
  starting: Promise<Server> | undefined,
  workerContext: WorkerContext,
  timeoutMs: number,
): Promise<void> {
  const server = await starting?.catch(() => undefined);
  await server?.stop(timeoutMs);
  workerContext.hooks.flush();
  // The way to the primary is in order: when this is written, so is all that was told before.
  send({ type: 'connections', count: 0 }, () => process.exit(0));
}

function reportConnections(server: Server): void {
  let told = 0;
  let quiet = 0;
  const timer = setInterval(() => {
    const count = server.connections;
    quiet = count === told ? quiet + 1 : SIGN_OF_LIFE;
    if (quiet < SIGN_OF_LIFE) return;
    send({ type: 'connections', count });
    told = count;
    quiet = 0;
  }, REPORT_MS);
  timer.unref();
}
