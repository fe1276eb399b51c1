import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { follow } from '../support/event-source.ts';
import { answers } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { readPrometheus } from '../support/prometheus-text.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { connectWhere, following, opening, Received } from '../support/workers.ts';

/** The built server with its API, and who asks there. */
async function start(conf: string, inApi = '') {
  const text = `http_api { enabled on; listen 127.0.0.1:0; ${inApi} }\n${conf}`;
  const server = stopped(await startGatecast(text));
  const { api } = await server.logged('gatecast is listening');
  const origin = `http://127.0.0.1:${(api as { port: number }).port}`;
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        'x-gatecast': 'test',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return (await response.json()) as T;
  };
  return { server, origin, ask };
}

interface Clients {
  readonly total: number;
  readonly clients: readonly { readonly id: string; readonly role: string }[];
}
interface Streams {
  readonly streams: readonly { readonly id: string; readonly players: number; readonly packets: number }[];
}

test('of two workers the API answers for both: streams, clients, kicks, events and metrics', async () => {
  const { server, origin, ask } = await start('workers 2; vhost __defaultVhost__ { }');
  const publisher = await connectWhere(server, () => true);
  const streamId = await publisher.session.publish('cam');
  publisher.session.send(...opening(streamId), ...following(streamId, 40));
  const player = await connectWhere(server, (worker) => worker !== publisher.worker);
  const received = new Received();
  await player.session.play('cam', received.take);
  await received.has(5);

  const { workers } = await ask<{ workers: { worker: number }[] }>('GET', '/api/v2/server');
  expect(workers.map(({ worker }) => worker)).toEqual([1, 2]);
  const { streams } = await ask<Streams>('GET', '/api/v2/streams');
  expect(streams).toMatchObject([{ players: 1, packets: 43, publisherId: publisher.client }]);
  const all = await ask<Clients>('GET', '/api/v2/clients');
  expect(all.clients.map(({ id, role }) => `${id} ${role}`)).toEqual(
    expect.arrayContaining([`${publisher.client} publish`, `${player.client} play`]),
  );
  const page = await ask<Clients>('GET', '/api/v2/clients?start=1&count=1');
  expect(page).toMatchObject({ total: all.total, clients: [all.clients[1]?.id].map((id) => ({ id })) });

  const feed = stopped(await follow(`${origin}/api/v2/events?stream=${streams[0]?.id}`));
  await feed.next('stream');
  publisher.session.send(...following(streamId, 2000, 3));
  await feed.next<{ frames: unknown[] }>('stream', ({ frames }) => frames.length > 0);

  const families = readPrometheus(await (await fetch(`${origin}/metrics`)).text());
  const connections = families.find(({ name }) => name === 'gatecast_connections');
  expect(connections?.samples.map(({ labels }) => labels['worker'])).toEqual(['1', '2']);

  expect(await ask('DELETE', `/api/v2/clients/${player.client}`)).toEqual({ kicked: 1 });
  await player.session.closed;
  expect(await ask('DELETE', `/api/v2/streams/${streams[0]?.id}`)).toEqual({ kicked: 1 });
  await publisher.session.closed;
  await until('nobody', async () => (await ask<Clients>('GET', '/api/v2/clients')).total === 0);
});

test('a configuration is checked, refused and applied, and the file is what is in force', async () => {
  const { server, ask } = await start('vhost __defaultVhost__ { }', 'edit_config on;');
  interface Shown {
    readonly text: string;
    readonly etag: string;
    readonly file: string;
  }
  const shown = await ask<Shown>('GET', '/api/v2/config');
  expect(shown.text).toBe(readFileSync(server.confFile, 'utf8'));

  const broken = shown.text.replace('vhost __defaultVhost__', 'vhots __defaultVhost__');
  const refused = {
    ok: false,
    applied: false,
    errors: [expect.stringMatching(/:3:1: unknown directive "vhots"/)],
  };
  expect(await ask('PUT', '/api/v2/config', { text: broken, etag: shown.etag })).toMatchObject(refused);
  expect(readFileSync(server.confFile, 'utf8')).toBe(shown.text);

  const better = `${shown.text}vhost cdn { }\n`;
  expect(await ask('PUT', '/api/v2/config', { text: better, etag: shown.etag })).toMatchObject({
    ok: true,
    applied: true,
    changes: expect.arrayContaining([{ path: 'vhost cdn / enabled', from: null, to: 'on' }]),
  });
  await server.logged('configuration reloaded');
  expect(readFileSync(server.confFile, 'utf8')).toBe(better);
  const { vhosts } = await ask<{ vhosts: { name: string }[] }>('GET', '/api/v1/vhosts');
  expect(vhosts.map(({ name }) => name)).toEqual(['__defaultVhost__', 'cdn']);
  expect(await ask('PUT', '/api/v2/config', { text: shown.text, etag: shown.etag })).toEqual({
    error: expect.stringContaining('has changed since it was read'),
  });
});

test('what http_api says takes a restart, and a reload says so', async () => {
  const { server, ask } = await start('vhost __defaultVhost__ { }');
  const line = await server.reload('http_api { enabled off; } vhost __defaultVhost__ { }');
  expect(line['warnings']).toContain('http_api stays as it is until the server is started again');
  expect(await ask('GET', '/api/v2/streams')).toEqual({ streams: [] });
});

test('without http_api no port is opened', async () => {
  const server = stopped(await startGatecast('vhost __defaultVhost__ { }'));
  expect((await server.logged('gatecast is listening'))['api']).toBeUndefined();
  expect(await answers(1985)).toBe(false);
});

test('a server that cannot have the port of its API does not start', async () => {
  const { origin } = await start('vhost __defaultVhost__ { }');
  const port = new URL(origin).port;
  for (const workers of ['', 'workers 2;'])
    await expect(
      startGatecast(`${workers} http_api { enabled on; listen ${port}; } vhost __defaultVhost__ { }`),
    ).rejects.toThrow(/http_api cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE/);
});

test('clients are served as before while the API is asked over and over', async () => {
  const { server, origin } = await start('vhost __defaultVhost__ { }');
  const session = stopped({ session: await connectTo(server), stop: () => undefined }).session;
  const id = await session.publish('cam');
  session.send(...opening(id));
  const answersOf = await Promise.all(
    Array.from({ length: 50 }, async () => (await fetch(`${origin}/api/v1/summaries`)).status),
  );
  expect(new Set(answersOf)).toEqual(new Set([200]));
  session.close();
});
