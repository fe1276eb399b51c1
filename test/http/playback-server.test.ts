import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClientRegistry } from '../../src/clients/client-registry.ts';
import { PlaybackServer } from '../../src/http/playback-server.ts';
import { systemClock } from '../../src/model/process-clock.ts';
import { listen } from '../../src/net/listener.ts';
import { Hub } from '../../src/streams/hub.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { keepingLog } from '../support/memory-server.ts';
import { HLS, vhost } from '../support/options.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startWebServer } from '../support/web-server.ts';
import { ask, requestOf, WebClient } from '../support/web-viewer.ts';

/** A directory of files, beside one that is nobody's business. */
function site(): string {
  const { path: root } = stopped(temporaryDirectory());
  const dir = join(root, 'html');
  mkdirSync(join(dir, 'live', '.git'), { recursive: true });
  writeFileSync(join(root, 'secret.txt'), 'a secret');
  writeFileSync(join(dir, 'index.html'), '<h1>Hello</h1>');
  writeFileSync(join(dir, 'live', 'page.html'), 'a page');
  writeFileSync(join(dir, 'live', '.env'), 'a secret');
  writeFileSync(join(dir, 'live', '.git', 'config'), 'a secret');
  for (const name of ['list.m3u8', 'live/cam-1.ts', 'live/cam-1.m4s', 'live/cam.mp4']) {
    writeFileSync(join(dir, name), 'a segment');
  }
  return dir;
}

/** Status and body of one request over a connection of its own. */
async function fetchOnce(port: number, path: string, headers = {}, method = 'GET') {
  const { client, head } = await ask(port, path, { connection: 'close', ...headers }, method);
  return { ...head, body: await client.rest() };
}

describe('files', () => {
  test('are served where there is a directory for them', async () => {
    const { port } = await startWebServer({ http: { dir: site() } });
    expect(await fetchOnce(port, '/live/page.html')).toMatchObject({ status: 200, body: 'a page' });
    expect(await fetchOnce(port, '/')).toMatchObject({ status: 200, body: '<h1>Hello</h1>' });
    expect(await fetchOnce(port, '/live/page.html', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await fetchOnce(port, '/live/page.html', { range: 'bytes=2-' })).toMatchObject({
      status: 206,
      body: 'page',
    });
  });

  test('are not served where there is none', async () => {
    const { port } = await startWebServer();
    expect((await fetchOnce(port, '/package.json')).status).toBe(404);
    expect((await fetchOnce(port, '/')).status).toBe(404);
  });

  test.each([
    '/live/.env',
    '/live/.git/config',
    '/%2eenv',
    '/live',
    '/live/',
    '/live/none.html',
    '/index.html/',
  ])('that nobody may see are not: %s', async (path) => {
    const { port } = await startWebServer({ http: { dir: site() } });
    const { status, body } = await fetchOnce(port, path);
    expect(status).toBe(404);
    expect(body).not.toContain('a secret');
  });

  test.each([
    ['/live/../../secret.txt', 400],
    ['/../secret.txt', 400],
    ['/%2e%2e/secret.txt', 400],
    ['/live/%2e%2e/%2e%2e/secret.txt', 400],
    ['/..%2fsecret.txt', 400],
    ['/live/..%5c..%5csecret.txt', 400],
    ['/live/page.html%00.png', 400],
    ['/live/%', 400],
    ['/live/%c0%ae%c0%ae/secret.txt', 400],
    ['//../secret.txt', 400],
    ['http://elsewhere/secret.txt', 400],
    [`/${'a'.repeat(5_000)}`, 414],
    [`/${'a'.repeat(1_000_000)}`, 431],
  ])('outside of it are not: %#', async (path, status) => {
    const { port } = await startWebServer({ http: { dir: site() } });
    const client = await WebClient.connect(port);
    client.write(requestOf(path, { connection: 'close' }));
    expect((await client.head()).status).toBe(status);
    expect(await client.rest()).not.toContain('a secret');
  });

  test('of somebody’s own are served beside HLS, whatever they are called', async () => {
    const dir = site();
    const hls = { ...HLS, enabled: true };
    const { port } = await startWebServer({ http: { dir }, vhosts: [vhost({ hls })] });
    for (const name of ['live/cam-1.ts', 'live/cam-1.m4s', 'live/cam.mp4'])
      expect((await fetchOnce(port, `/${name}`)).body).toBe('a segment');
  });

  test('of another directory are served after a reload', async () => {
    const { port, server, config } = await startWebServer();
    await server.reload({ ...config, httpServer: { ...config.httpServer, dir: site() } });
    expect((await fetchOnce(port, '/live/page.html')).status).toBe(200);
  });

  test('may be links, which whoever made the directory has put there', async () => {
    const dir = site();
    symlinkSync(join(dir, 'live', 'page.html'), join(dir, 'link.html'));
    const { port } = await startWebServer({ http: { dir } });
    expect((await fetchOnce(port, '/link.html')).body).toBe('a page');
  });
});

test.each(['secret.txt', 'html/live/.env', 'html/live/.git/config'])(
  'a link that leads out of the directory, or to what is hidden, is no file of it: %s',
  async (target) => {
    const dir = site();
    symlinkSync(join(dir, '..', target), join(dir, 'link.txt'));
    symlinkSync(join(dir, '..'), join(dir, 'up'));
    const { port } = await startWebServer({ http: { dir } });
    for (const path of ['/link.txt', `/up/${target}`]) {
      const { status, body } = await fetchOnce(port, path);
      expect([status, body.includes('a secret')]).toEqual([404, false]);
    }
  },
);

test('a directory may be a link itself', async () => {
  const dir = site();
  symlinkSync(dir, `${dir}-link`);
  const { port } = await startWebServer({ http: { dir: `${dir}-link` } });
  expect((await fetchOnce(port, '/live/page.html')).body).toBe('a page');
});

describe('pages of other hosts', () => {
  test('may play', async () => {
    const { port } = await startWebServer();
    const { status, headers } = await fetchOnce(port, '/live/cam.flv', { origin: 'http://a' }, 'OPTIONS');
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    });
    expect((await fetchOnce(port, '/nothing')).headers).toMatchObject({ 'access-control-allow-origin': '*' });
  });

  test('may not where crossdomain is off', async () => {
    const { port } = await startWebServer({ http: { crossdomain: false } });
    const { headers } = await fetchOnce(port, '/live/cam.flv', { origin: 'http://a' }, 'OPTIONS');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test.each([
  ['POST', 405],
  ['PUT', 405],
  ['DELETE', 405],
])('%s is answered with %i', async (method, status) => {
  const { port, gate } = await startWebServer();
  const answer = await fetchOnce(port, '/live/cam.flv', {}, method);
  expect(answer).toMatchObject({ status, headers: { allow: 'GET, HEAD, OPTIONS' } });
  expect(gate.asked).toEqual([]);
});

test.each([
  ['an unknown vhost', requestOf('/live/cam.flv', { host: 'elsewhere.example' }), 404],
  ['a Host header that is no host', requestOf('/live/cam.flv', { host: 'a/../b' }), 400],
  ['two vhosts', requestOf('/live/cam.flv?vhost=tv.example&vhost=b.example', { host: 'a' }), 404],
  ['a second Host header', requestOf('/live/cam.flv', { host: 'tv.example', Host: 'b.example' }), 400],
  [
    'a body over the bound',
    requestOf('/live/cam.flv', { host: 'tv.example', 'content-length': '1025' }),
    413,
  ],
  [
    'a body of any length',
    requestOf('/live/cam.flv', { host: 'tv.example', 'transfer-encoding': 'chunked' }),
    411,
  ],
  ['garbage', 'GARBAGE\r\n\r\n', 400],
  ['headers that are too long', requestOf('/', { x: 'x'.repeat(20_000) }), 431],
  ['NUL in the line', 'GET /\u0000 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
])('%s is answered with a clear status, and nobody is asked', async (_what, bytes, status) => {
  const { port, gate } = await startWebServer({ vhosts: [vhost({ name: 'tv.example' })] });
  const client = await WebClient.connect(port);
  client.write(bytes);
  expect((await client.head()).status).toBe(status);
  expect(gate.asked).toEqual([]);
  client.socket.destroy();
});

describe('who is behind a proxy', () => {
  test('is believed of a trusted one alone', async () => {
    const { watch, gate, server, config } = await startWebServer({ http: { trusted: ['127.0.0.0/8'] } });
    await watch.http('/live/cam.flv', { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' });
    await server.reload({ ...config, httpServer: { ...config.httpServer, trusted: [] } });
    await watch.websocket('/live/cam.flv', { 'x-forwarded-for': '198.51.100.7' });
    expect(gate.asked.map(({ client }) => client.ip)).toEqual(['198.51.100.7', '127.0.0.1']);
  });

  test('is known by its PROXY header', async () => {
    const { port, gate } = await startWebServer({
      proxyProtocol: { enabled: true, trusted: ['127.0.0.1'] },
    });
    const client = await WebClient.connect(port);
    client.write(`PROXY TCP4 198.51.100.7 127.0.0.1 4000 80\r\n${requestOf('/live/cam.flv')}`);
    expect((await client.head()).status).toBe(200);
    client.socket.destroy();
    const late = await WebClient.connect(port);
    late.write('PROXY TCP4 198.51.100.8 127.0.0.1 4000 80\r\n');
    await until('the header to be read', () => late.socket.writableLength === 0);
    late.write(requestOf('/live/cam.flv'));
    expect((await late.head()).status).toBe(200);
    late.socket.destroy();
    expect(gate.asked.map((event) => event.client.ip)).toEqual(['198.51.100.7', '198.51.100.8']);
  });
});

test('connections count, whatever they speak', async () => {
  const { watch, publish, port, server, gate } = await startWebServer({ maxConnections: 2 });
  const publisher = await publish();
  const viewer = await watch.http('/live/cam.flv');
  const tooMany = await WebClient.connect(port);
  await until('it to be turned away', () => tooMany.closed);
  await expect(publish('other')).rejects.toThrow();
  viewer.client.socket.destroy();
  await until('its place to be free', () => server.connections === 1);
  expect((await watch.websocket('/live/cam.flv')).head.status).toBe(101);
  publisher.stop();
  expect(gate.asked.map(({ action }) => action)).toEqual(['on_connect', 'on_publish', 'on_play', 'on_play']);
});

describe('a reload', () => {
  test('opens the server and closes it, and nobody is dropped', async () => {
    const { server, config, watch, publish, rtmpPort } = await startWebServer({ http: { enabled: false } });
    const publisher = await publish();
    expect(server.addresses.map(({ protocol }) => protocol)).toEqual(['rtmp']);
    await server.reload({ ...config, httpServer: { ...config.httpServer, enabled: true } });
    const [, web] = server.addresses;
    expect(web?.protocol).toBe('http');
    const viewer = await watch.http('/live/cam.flv');
    await server.reload(config);
    await expect(WebClient.connect(web?.port ?? 0)).rejects.toThrow('ECONNREFUSED');
    publisher.send({ type: 8, timestamp: 0, payload: Buffer.from([0xaf, 1, 0x61]) });
    expect(await viewer.has(1)).toEqual(['audio@0 a']);
    expect(rtmpPort).toBe(server.addresses[0]?.port);
  });

  test('that cannot have the address changes nothing', async () => {
    const { server, config, port } = await startWebServer();
    const taken = await listen({ host: '127.0.0.1', port: 0, ipv6Only: false }, (socket) => socket.destroy());
    onTestFinished(() => taken.close());
    const httpServer = { ...config.httpServer, listen: [taken.address], crossdomain: false };
    await expect(server.reload({ ...config, httpServer })).rejects.toThrow('another program has this port');
    expect((await fetchOnce(port, '/')).headers).toHaveProperty('access-control-allow-origin');
  });
});

describe('a client that takes its time', () => {
  const patience = { headersMs: 100, requestMs: 150, idleMs: 100, lookMs: 10 };

  async function impatient() {
    const policy = {
      snapshot: {
        vhosts: new Map([['__defaultVhost__', vhost()]]),
        strictVhost: false,
        gate: new FakeGate(),
      },
      maxConnections: 10,
    };
    const clients = new ClientRegistry(policy, new Hub(systemClock), systemClock, keepingLog());
    const options = {
      enabled: true,
      listen: [],
      dir: undefined,
      serveRecordings: false,
      crossdomain: true,
      trusted: [],
      maxConnectionsPerAddress: 0,
    };
    const server = await PlaybackServer.open(clients, options, [], patience);
    const listener = await listen({ host: '127.0.0.1', port: 0, ipv6Only: false }, (socket) =>
      server.enter(socket, '192.0.2.1'),
    );
    onTestFinished(async () => {
      listener.close();
      await clients.close('shutdown', 'The test is over.');
      await server.close();
    });
    return WebClient.connect(listener.address.port);
  }

  test.each([
    ['says nothing', ''],
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: a\r\nX: '],
    ['never sends its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n'],
  ])('and %s is closed', async (_what, bytes) => {
    const client = await impatient();
    client.write(bytes);
    await until('the end', () => client.closed);
  });

  test('and asks nothing more is closed', async () => {
    const client = await impatient();
    client.write(requestOf('/'));
    expect((await client.head()).status).toBe(404);
    await until('the end', () => client.closed);
  });
});
