import { writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { ToPrimary, ToWorker } from '../../src/cluster/messages.ts';
import type { WorkerPoolEvents, WorkerProcess } from '../../src/cluster/worker-pool.ts';
import { parseConfigText } from '../../src/index.ts';
import type { Config } from '../../src/model/options.ts';
import { createPrimary } from '../../src/server/primary.ts';
import { answers, freePort } from '../support/free-port.ts';
import { gatecast } from '../support/gatecast.ts';
import { startBackends } from '../support/hook-backends.ts';
import { keepingLog, settled } from '../support/memory-server.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** What a worker does when it is sent a message; `answer` sends one back. */
type Script = (message: ToWorker, answer: (message: ToPrimary) => void) => void;

const ADDRESSES = [{ protocol: 'rtmp', host: '127.0.0.1', port: 1935 }] as const;

/** Worker that does as it is told. */
const willing: Script = ({ type }, answer) => {
  if (type === 'start' || type === 'commit') answer({ type: 'listening', addresses: ADDRESSES });
  if (type === 'prepare') answer({ type: 'prepared' });
};

const refusing =
  (what: ToWorker['type'], why: string): Script =>
  (message, answer) =>
    message.type === what ? answer({ type: 'failed', message: why }) : willing(message, answer);

/** Workers of this process, each with its script, and what each was sent: its number and the message's type. */
function pool(...scripts: readonly Script[]) {
  const sent: string[] = [];
  const configs: Config[] = [];
  const createPool = (_clock: unknown, events: WorkerPoolEvents) => {
    const workers = new Set<WorkerProcess>();
    let noneLeft: () => void = () => undefined;
    return {
      get workers() {
        return [...workers];
      },
      start(count: number) {
        for (let number = 1; number <= count; number++) {
          const answer = (message: ToPrimary) => void setImmediate(() => events.said(worker, message));
          const worker: WorkerProcess = {
            number,
            node: String(number),
            pid: number,
            send(message) {
              sent.push(`${number} ${message.type}`);
              if (message.type === 'prepare') configs.push(message.config);
              scripts[number - 1]?.(message, answer);
              if (message.type === 'stop') setImmediate(() => worker.kill());
            },
            kill() {
              if (workers.delete(worker)) events.gone(worker, '0');
              if (workers.size === 0) noneLeft();
            },
          };
          workers.add(worker);
          events.started(worker);
          answer({ type: 'ready' });
        }
      },
      empty: () =>
        new Promise<void>((resolve) => {
          noneLeft = resolve;
          if (workers.size === 0) resolve();
        }),
    };
  };
  return { sent, configs, createPool };
}

/** A configuration of two workers that announces starts and stops to a backend. */
async function setUp() {
  const backends = stopped(await startBackends('b'));
  const directory = stopped(temporaryDirectory());
  const stateDir = directory.file('objs');
  const hooks = `http_hooks { enabled on; server_started ${backends.at['b']}/s; server_stopping ${backends.at['b']}/s; }`;
  const text = (api = 0, vhost = hooks) =>
    `listen 127.0.0.1:0; workers 2; state_dir ${stateDir}; drain_timeout 1000;
     http_api { enabled on; listen 127.0.0.1:${api}; } vhost __defaultVhost__ { ${vhost} }`;
  const config = (...args: Parameters<typeof text>): Config => {
    const result = parseConfigText(text(...args), 'test.conf');
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    return result.config;
  };
  return { backends, directory, stateDir, hooks, text, config };
}

async function takenPort(): Promise<number> {
  const port = await freePort();
  const other = createTcpServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  return port;
}

/** Starts a server that needs the state directory: it rejects while another one has it. */
async function expectFree(stateDir: string): Promise<void> {
  const hooks = 'http_hooks { enabled on; on_play http://127.0.0.1:1/; }';
  const server = await startServer(`state_dir ${stateDir}; vhost __defaultVhost__ { ${hooks} }`);
  await server.stop();
}

test('a worker that cannot start ends the others, and the state directory is free', async () => {
  const { config, stateDir, backends } = await setUp();
  const { sent, createPool } = pool(willing, refusing('start', 'no port for the second'));
  const api = await freePort();
  await expect(createPrimary(config(api), { logger: keepingLog(), createPool })).rejects.toThrow(
    'no port for the second',
  );
  expect(sent).toEqual(['1 start', '2 start', '1 stop', '2 stop']);
  expect(await answers(api)).toBe(false);
  await expectFree(stateDir);
  expect(backends.order).toEqual([]);
});

test('an API that cannot listen ends the workers, and the state directory is free', async () => {
  const { config, stateDir, backends } = await setUp();
  const { sent, createPool } = pool(willing, willing);
  const start = createPrimary(config(await takenPort()), { logger: keepingLog(), createPool });
  await expect(start).rejects.toThrow('http_api cannot listen');
  expect(sent).toEqual(['1 start', '2 start', '1 stop', '2 stop']);
  await expectFree(stateDir);
  expect(backends.order).toEqual([]);
});

test('a server with workers that could not start is not told to be stopping', async () => {
  const { text, directory, backends } = await setUp();
  const file = directory.file('gatecast.conf');
  writeFileSync(file, text(await takenPort()));
  const child = stopped(gatecast(['-c', file]));
  await until('the end of the server', () => !child.running);
  expect(child.lines.join('\n')).toContain('http_api cannot listen');
  expect(backends.order).toEqual([]);
});

test('no worker begins over a state directory that is none', async () => {
  const { config, stateDir } = await setUp();
  writeFileSync(stateDir, '');
  const { sent, createPool } = pool(willing, willing);
  await expect(createPrimary(config(), { logger: keepingLog(), createPool })).rejects.toThrow(
    'a server with http_hooks or dvr needs a state_dir',
  );
  expect(sent).toEqual([]);
});

test('a start, a reload and a stop each go through the parts in order', async () => {
  const { config, backends } = await setUp();
  const { sent, createPool } = pool(willing, willing);
  const primary = await createPrimary(config(), { logger: keepingLog(), createPool });
  expect(primary.addresses).toEqual(ADDRESSES);
  await backends.received(1, 'server_started');
  await primary.reload(config());
  await primary.stop();
  expect(sent).toEqual([
    ...['1 start', '2 start', '1 prepare', '2 prepare', '1 commit', '2 commit', '1 stop', '2 stop'],
  ]);
  expect(backends.order).toEqual(['b server_started', 'b server_stopping']);
});

test('of two reloads at once the second begins when the first counts in every worker', async () => {
  const { config } = await setUp();
  const { sent, configs, createPool } = pool(willing, willing);
  const primary = stopped(await createPrimary(config(), { logger: keepingLog(), createPool }));
  const first = { ...config(), drainTimeoutMs: 1001 };
  const second = { ...config(), drainTimeoutMs: 1002 };
  await Promise.all([primary.reload(first), primary.reload(second)]);
  const once = ['1 prepare', '2 prepare', '1 commit', '2 commit'];
  expect(sent.slice(2)).toEqual([...once, ...once]);
  expect(configs.map(({ drainTimeoutMs }) => drainTimeoutMs)).toEqual([1001, 1001, 1002, 1002]);
});

test('a reload that one worker refuses is rolled back in all of them, and the next one is taken', async () => {
  const { config, backends, hooks } = await setUp();
  let refuses = true;
  const { sent, createPool } = pool(willing, (message, answer) =>
    (refuses ? refusing('prepare', 'no port for the second') : willing)(message, answer),
  );
  const primary = await createPrimary(config(), { logger: keepingLog(), createPool });
  await backends.received(1, 'server_started');
  const other = config(0, hooks.replaceAll('/s;', '/other;'));
  await expect(primary.reload(other)).rejects.toThrow('no port for the second');
  expect(sent.slice(2)).toEqual(['1 prepare', '2 prepare', '1 roll back', '2 roll back']);
  refuses = false;
  await primary.reload(config());
  await primary.stop();
  expect(backends.posts.map(({ url }) => url)).toEqual(['/s', '/s']);
});

test('a reload that turns hooks on over a state directory that is none reaches no worker', async () => {
  const { config, stateDir, backends } = await setUp();
  const { sent, createPool } = pool(willing, willing);
  const primary = await createPrimary(config(0, ''), { logger: keepingLog(), createPool });
  writeFileSync(stateDir, '');
  await expect(primary.reload(config())).rejects.toThrow('needs a state_dir');
  await settled();
  expect(sent).toEqual(['1 start', '2 start']);
  await primary.stop();
  expect(backends.order).toEqual([]);
});
