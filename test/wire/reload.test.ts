import { rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { parseConfigText } from '../../src/index.ts';
import type { Config, VhostOptions } from '../../src/model/options.ts';
import { startApi } from '../api/support.ts';
import { certificateMaker } from '../support/certificates.ts';
import { answers, freePort } from '../support/free-port.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { ownStateDir, temporaryDirectory } from '../support/temporary.ts';
import { media } from '../support/workers.ts';

/**
 * A server under a configuration that is called old, and one that is called new, in which everything is different that a
 * reload can change.
 */
async function start(context: TestContext) {
  const backends = stopped(await startBackends('old', 'new'));
  const maker = certificateMaker(context);
  const certificates = { old: maker.make('old', ['a.example']), new: maker.make('new', ['a.example']) };
  const recordings = stopped(temporaryDirectory());
  const stateDir = ownStateDir();
  const ownPort = await freePort();
  const common = (which: 'old' | 'new') => {
    const { cert, key } = certificates[which];
    const origin = backends.at[which] ?? '';
    return `rtmps { enabled on; listen 127.0.0.1:0; cert ${cert}; key ${key}; }
      state_dir ${stateDir}; outbox { enabled off; }
      vhost __defaultVhost__ {
        ${hooksTo([origin], which, `on_dvr ${origin}/dvr;`)}
        dvr { enabled on; dvr_path ${recordings.path}/${which}/[stream].flv; }
      }`;
  };
  const running = await startApi('', `hook_journal 100; ${common('old')}`);
  const { server, port } = running;
  const parsed = parseConfigText(
    `listen 127.0.0.1:0 127.0.0.1:${ownPort}; hook_journal 1; max_connections 1;
     http_api { enabled on; listen 0; }
     http_server { enabled on; listen 127.0.0.1:0; }
     ${common('new')}
     vhost other { http_remux { enabled on; } hls { enabled on; hls_storage memory; } }`,
    'new.conf',
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const shownCertificate = () =>
    new Promise<string>((resolve, reject) => {
      const { port: tlsPort = 0 } = server.addresses.find(({ protocol }) => protocol === 'rtmps') ?? {};
      const socket = connectTls({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  return {
    server,
    backends,
    certificates,
    newConfig: parsed.config,
    log: running.log,
    /** All that a reload can change, as those see it who come from now on. */
    async portrait() {
      const session = await connectTo({ port });
      backends.forget();
      const streamId = await session.publish('cam');
      session.send(media.videoHeader(streamId), media.keyframe(streamId, 0));
      session.close();
      const [dvr] = await backends.received(1, 'on_dvr');
      await backends.received(1, 'on_close');
      const file = String(dvr?.body['file']);
      const { deliveries } = (await running.json('/api/v2/deliveries')) as { deliveries: unknown[] };
      const { urls } = (await running.json('/api/v2/hooks')) as { urls: { url: string }[] };
      const { vhosts } = (await running.json('/api/v1/vhosts')) as { vhosts: { name: string }[] };
      return {
        events: [...new Set(backends.order.map((post) => post.split(' ')[0]))],
        recordedIn: basename(dirname(file)),
        isJournalLong: deliveries.length > 1,
        health: urls.map(({ url }) => url).sort(),
        addresses: server.addresses,
        isNewAddressOpen: await answers(ownPort),
        certificate: await shownCertificate(),
        vhosts: vhosts.map(({ name }) => name),
      };
    },
  };
}

const changed = (config: Config, vhost: Partial<VhostOptions>): Config => ({
  ...config,
  vhosts: config.vhosts.map((one, index) => (index === 0 ? { ...one, ...vhost } : one)),
});

/** An address that another program has. */
async function takenPort(): Promise<number> {
  const port = await freePort();
  const server = createTcpServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

type Running = Awaited<ReturnType<typeof start>>;

test.for<[what: string, (running: Running) => Config | Promise<Config>, why: string | RegExp]>([
  [
    'an address for RTMP cannot be had',
    async ({ newConfig }) => ({
      ...newConfig,
      listen: [...newConfig.listen, { host: '127.0.0.1', port: await takenPort() }],
    }),
    'another program has this port',
  ],
  [
    'an address for HTTP cannot be had',
    async ({ newConfig }) => ({
      ...newConfig,
      httpServer: { ...newConfig.httpServer, listen: [{ host: '127.0.0.1', port: await takenPort() }] },
    }),
    'another program has this port',
  ],
  [
    'a certificate has gone',
    ({ newConfig, certificates }) => {
      rmSync(certificates.new.cert);
      return newConfig;
    },
    'cannot be read',
  ],
  [
    'a URL of a hook is none',
    ({ newConfig }) => {
      const hooks = newConfig.vhosts[0]?.hooks;
      if (!hooks) throw new Error('the first vhost has hooks');
      return changed(newConfig, { hooks: { ...hooks, urls: { on_play: ['nonsense'] } } });
    },
    'Invalid URL',
  ],
  [
    'a proxy has no address',
    ({ newConfig }) => ({ ...newConfig, proxyProtocol: { enabled: true, trusted: ['nonsense'] } }),
    /Invalid (socket )?address/,
  ],
  [
    'a proxy of HTTP has no address',
    ({ newConfig }) => ({ ...newConfig, httpServer: { ...newConfig.httpServer, trusted: ['nonsense'] } }),
    /Invalid (socket )?address/,
  ],
])('a reload is refused when %s, and nothing has changed', async ([_what, spoil, why], context) => {
  const running = await start(context);
  const before = await running.portrait();
  expect(before).toMatchObject({ events: ['old'], recordedIn: 'old', vhosts: ['__defaultVhost__'] });
  await expect(running.server.reload(await spoil(running))).rejects.toThrow(why);
  expect(await running.portrait()).toEqual(before);
});

test('what a refused reload had prepared is given back: without its fault it goes through', async (context) => {
  const running = await start(context);
  const { newConfig, server } = running;
  const listen = [...newConfig.listen, { host: '127.0.0.1', port: await takenPort() }];
  await expect(server.reload({ ...newConfig, listen })).rejects.toThrow('another program has this port');
  await server.reload({ ...newConfig, maxConnections: 100 });
  expect(await running.portrait()).toMatchObject({
    events: ['new'],
    recordedIn: 'new',
    isJournalLong: false,
    isNewAddressOpen: true,
    vhosts: ['__defaultVhost__', 'other'],
  });
});

test('a reload that is the first to need the state directory is refused while another server has it', async () => {
  const backends = stopped(await startBackends('b'));
  const hooks = hooksTo([backends.at['b'] ?? ''], 'hook');
  const stateDir = ownStateDir();
  stopped(await startServer(`state_dir ${stateDir}; vhost __defaultVhost__ { ${hooks} }`));
  const conf = (vhost: string) =>
    `listen 127.0.0.1:0; state_dir ${stateDir}; vhost __defaultVhost__ { ${vhost} }`;
  const { server, port } = stopped(await startServer(conf('').replace(/^listen \S+/, '')));
  const parsed = parseConfigText(conf(hooks), 'new.conf');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  await expect(server.reload(parsed.config)).rejects.toThrow('is used by process');
  const session = await connectTo({ port });
  await session.publish('cam');
  session.close();
  await session.closed;
  expect(backends.order).toEqual([]);
});

test('a refused reload gives the state directory free again', async () => {
  const backends = stopped(await startBackends('b'));
  const hooks = hooksTo([backends.at['b'] ?? ''], 'hook');
  const stateDir = ownStateDir();
  const { server } = stopped(await startServer(`state_dir ${stateDir}; vhost __defaultVhost__ { }`));
  const parsed = parseConfigText(
    `listen 127.0.0.1:${await takenPort()}; state_dir ${stateDir}; vhost __defaultVhost__ { ${hooks} }`,
    'new.conf',
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  await expect(server.reload(parsed.config)).rejects.toThrow('another program has this port');
  const other = await startServer(`state_dir ${stateDir}; vhost __defaultVhost__ { ${hooks} }`);
  await other.stop();
});
