import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { WorkerContext } from '../../src/cluster/worker-context.ts';
import { createServer, parseConfigText, type Server } from '../../src/index.ts';
import type { Config } from '../../src/model/options.ts';
import { certificateMaker } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { answers, freePort } from '../support/free-port.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { keepingLog, settled } from '../support/memory-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A configuration that opens every part of a server, and a port that another program has. */
async function setUp(context: TestContext) {
  const maker = certificateMaker(context);
  const { cert, key } = maker.make('a', ['a.example']);
  const directory = stopped(temporaryDirectory());
  const stateDir = directory.file('objs');
  const backends = stopped(await startBackends('b'));
  const ports = { rtmp: 0, rtmps: 0, http: 0, https: 0, api: 0, apis: 0 };
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
  const conf = (
    changed: Partial<typeof ports> = {},
    files: { cert: string; key: string } = { cert, key },
  ) => {
    const at = { ...ports, ...changed };
    const tls = `cert ${files.cert}; key ${files.key};`;
    return `listen 127.0.0.1:${at.rtmp}; state_dir ${stateDir};
      rtmps { enabled on; listen 127.0.0.1:${at.rtmps}; ${tls} }
      http_server { enabled on; listen 127.0.0.1:${at.http};
        https { enabled on; listen 127.0.0.1:${at.https}; ${tls} } }
      http_api { enabled on; listen 127.0.0.1:${at.api}; raw_api { enabled on; }
        https { enabled on; listen 127.0.0.1:${at.apis}; ${tls} } }
      vhost __defaultVhost__ {
        ${hooksTo([backends.at['b'] ?? ''], 'hook', `on_dvr ${backends.at['b']}/dvr;`)}
        dvr { enabled on; dvr_path ${directory.file('rec')}/[stream].mp4; }
        hls { enabled on; hls_path ${directory.file('hls')}; }
        http_remux { enabled on; }
      }`;
  };
  const parse = (text: string): Config => {
    const result = parseConfigText(text, 'test.conf');
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    return result.config;
  };
  const taken = await freePort();
  const other = createTcpServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(taken, '127.0.0.1', resolve));
  return {
    config: (...args: Parameters<typeof conf>) => parse(conf(...args)),
    maker,
    stateDir,
    ports,
    taken,
  };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

function start(config: Config, clock = new FakeClock('real')): Promise<Server> {
  return createServer(config, { logger: keepingLog(), clock });
}

/** Timers that are left once those that end themselves have gone off. */
async function timersLeft(clock: FakeClock): Promise<readonly number[]> {
  clock.advance(1000);
  await settled();
  return clock.pending;
}

test.for<[what: string, (setup: SetUp) => Config, why: string]>([
  [
    'the port for RTMP is taken',
    ({ config, taken }) => config({ rtmp: taken }),
    'another program has this port',
  ],
  [
    'the port for RTMPS is taken',
    ({ config, taken }) => config({ rtmps: taken }),
    'another program has this port',
  ],
  [
    'the port for HTTP is taken',
    ({ config, taken }) => config({ http: taken }),
    'another program has this port',
  ],
  ['the port of the API is taken', ({ config, taken }) => config({ api: taken }), 'http_api cannot listen'],
  [
    'the port of the API over TLS is taken',
    ({ config, taken }) => config({ apis: taken }),
    'http_api cannot listen',
  ],
  [
    'a certificate is none',
    ({ config, maker }) => {
      const good = config();
      const cert = maker.file('b.crt');
      writeFileSync(cert, 'nonsense');
      return { ...good, ...(good.rtmps && { rtmps: { ...good.rtmps, cert } }) };
    },
    'b.crt',
  ],
  [
    'the certificate of the API is none',
    ({ config, maker }) => {
      const good = config();
      const cert = maker.file('b.crt');
      writeFileSync(cert, 'nonsense');
      const { https } = good.httpApi;
      return { ...good, httpApi: { ...good.httpApi, https: https && { ...https, cert } } };
    },
    'b.crt',
  ],
  [
    'a URL of a hook is none',
    ({ config }) => {
      const good = config();
      const vhosts = good.vhosts.map((vhost) => ({
        ...vhost,
        hooks: { ...vhost.hooks, urls: { on_play: ['nonsense'] } },
      }));
      return { ...good, vhosts };
    },
    'Invalid URL',
  ],
  [
    'a proxy has no address',
    ({ config }) => ({ ...config(), proxyProtocol: { enabled: true, trusted: ['nonsense'] } }),
    'Invalid',
  ],
])('a start that fails because %s has closed what it had opened', async ([_what, spoil, why], context) => {
  const setup = await setUp(context);
  const clock = new FakeClock('real');
  await expect(start(spoil(setup), clock)).rejects.toThrow(why);
  for (const port of Object.values(setup.ports)) expect([port, await answers(port)]).toEqual([port, false]);
  expect(await timersLeft(clock)).toEqual([]);
  // The ports and the state directory are free.
  const server = await start(setup.config());
  await server.stop(0);
});

test('a start over an outbox that cannot be opened gives the state directory free', async (context) => {
  const { config, stateDir } = await setUp(context);
  mkdirSync(stateDir);
  symlinkSync('outbox', join(stateDir, 'outbox'));
  const clock = new FakeClock('real');
  await expect(start(config(), clock)).rejects.toThrow('the outbox cannot be kept in');
  expect(await timersLeft(clock)).toEqual([]);
  const good = config();
  const server = await start({ ...good, outbox: { ...good.outbox, enabled: false } });
  await server.stop(0);
});

test('a start over a state directory that is none opens nothing', async (context) => {
  const { config, ports, stateDir } = await setUp(context);
  writeFileSync(stateDir, '');
  const clock = new FakeClock('real');
  await expect(start(config(), clock)).rejects.toThrow('a server with http_hooks or dvr needs a state_dir');
  for (const port of Object.values(ports)) expect(await answers(port)).toBe(false);
  expect(await timersLeft(clock)).toEqual([]);
});

test('a worker whose relay socket cannot be opened has closed what it had opened', async (context) => {
  const { config, ports, stateDir } = await setUp(context);
  const clock = new FakeClock('real');
  const assignment = {
    worker: 1,
    workers: 2,
    config: config(),
    serverId: 's',
    serviceId: 'r',
    place: { node: '1', address: join(stateDir, 'missing', '1.sock') },
    token: 'token',
    numbers: [{ first: 1, count: 10 }],
  };
  const workerContext = new WorkerContext(assignment, clock, () => undefined);
  await expect(
    createServer(assignment.config, { logger: keepingLog(), clock, workerContext }),
  ).rejects.toThrow('missing/1.sock');
  for (const port of Object.values(ports)) expect(await answers(port)).toBe(false);
  expect(await timersLeft(clock)).toEqual([]);
});
