import { expect, test } from 'vitest';
import type { Gate } from '../../src/index.ts';
import { startGatecast } from '../support/gatecast.ts';
import { startBackends } from '../support/hook-backends.ts';
import { startPublishing } from '../support/rtmp-peer.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { following, opening } from '../support/workers.ts';

const OWN_GATE: Gate = {
  authorize: () => Promise.resolve({ allowed: true }),
  emit: () => undefined,
  emitDurably: () => Promise.resolve(true),
  isInterested: () => false,
};

const API = 'http_api { enabled on; listen 127.0.0.1:0; }';
const RULES = 'security { enabled on; allow publish all; } refer { enabled on; }';

/** Every way in which the gate of a server is put together. */
const ASSEMBLIES = [
  { name: 'hooks alone', first: '', rules: '', deps: {} },
  { name: 'http_api', first: API, rules: '', deps: {} },
  { name: 'access rules', first: '', rules: RULES, deps: {} },
  { name: 'http_api and access rules', first: API, rules: RULES, deps: {} },
  { name: 'a gate of its embedder', first: '', rules: '', deps: { gate: OWN_GATE } },
  { name: 'all of these', first: API, rules: RULES, deps: { gate: OWN_GATE } },
];
const WITH_WORKERS = { first: `workers 2; ${API}`, rules: RULES };

/** A backend that does not take `on_dvr` yet, and the configuration of a server that records. */
async function recordingSetup(first: string, rules: string) {
  const backends = stopped(await startBackends('b'));
  backends.reply('b', 'on_dvr', { status: 500 });
  const { file } = stopped(temporaryDirectory());
  const hooks = `http_hooks { enabled on; breaker_failures 0; on_dvr ${backends.at['b']}/dvr; }`;
  const dvr = `dvr { enabled on; dvr_path ${file('rec')}/[stream].flv; }`;
  const outbox = 'outbox { retry_min 60000; retry_max 60000; }';
  // It stops with the event undelivered, and need not wait for that.
  const conf = `state_dir ${file('objs')}; drain_timeout 100; ${outbox} ${first} vhost __defaultVhost__ { ${rules} ${dvr} ${hooks} }`;
  return { backends, conf };
}

async function record(port: number): Promise<void> {
  const publisher = await startPublishing('cam', { port });
  publisher.session.send(...opening(publisher.streamId), ...following(publisher.streamId, 40));
  publisher.stop();
}

type Starts = (conf: string) => Promise<{ readonly port: number; stop(): Promise<void> }>;

/** Records, ends while the backend is down, and starts again: what the backend is sent before and after. */
async function toldOverARestart(starts: Starts, { first, rules }: { first: string; rules: string }) {
  const { backends, conf } = await recordingSetup(first, rules);
  const server = stopped(await starts(conf));
  await record(server.port);
  await backends.received(1, 'on_dvr');
  await server.stop();
  const before = backends.posts.map(({ text }) => text);
  backends.forget();
  backends.reply('b', 'on_dvr', '0');
  stopped(await starts(conf));
  await backends.received(1, 'on_dvr');
  return { before, after: backends.posts.map(({ text }) => text) };
}

function expectOneEvent({ before, after }: { before: readonly string[]; after: readonly string[] }): void {
  const [body = '{}'] = before;
  const { event_id, file_id } = JSON.parse(body) as Record<string, unknown>;
  expect(event_id).toBe(file_id);
  expect(new Set([...before, ...after])).toEqual(new Set([body]));
}

test.each(ASSEMBLIES)(
  'a recording is told of by its own id, and once more after a restart, with $name',
  async (assembly) => {
    expectOneEvent(await toldOverARestart((conf) => startServer(conf, assembly.deps), assembly));
  },
);

test('a recording is told of by its own id, and once more after a restart, with workers and all else', async () => {
  expectOneEvent(await toldOverARestart((conf) => startGatecast(conf), WITH_WORKERS));
});
