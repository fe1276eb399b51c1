import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startBackend } from '../hooks/scripted-backend.ts';
import { follow } from '../support/event-source.ts';
import { picture } from '../support/picture.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startApi } from './support.ts';

interface Told {
  readonly stream: { readonly id: string; readonly name: string } | null;
  readonly clients: readonly { readonly role: string }[];
  readonly total: number;
  readonly frames: readonly { readonly t: number; readonly kind: string; readonly keyframe: boolean }[];
}

const events = async (api: { origin: string }, query: string) =>
  stopped(await follow(`${api.origin}/api/v2/events?${query}`));

test('streams, clients, server and hooks are told as they are', async () => {
  const api = await startApi();
  stopped(await startPublishing('cam', api));
  const feed = await events(api, 'topics=streams,clients,server,hooks');
  expect(feed.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await feed.next('streams')).toMatchObject({ at: expect.any(Number), streams: [{ name: 'cam' }] });
  expect(await feed.next('clients')).toMatchObject({ clients: [{ role: 'publish' }], total: 1 });
  expect(await feed.next('server')).toMatchObject({ workers: [{ worker: 0, connections: 1 }] });
  expect(await feed.next('hooks')).toMatchObject({ urls: [], outbox: { events: 0 } });
});

test('of one stream every packet is told, once, while somebody looks', async () => {
  const api = await startApi();
  const publisher = stopped(await startPublishing('cam', api));
  stopped(await startPlaying('cam', api));
  publisher.send(...picture.stream(1));
  const { streams } = (await api.json('/api/v2/streams')) as { streams: { id: string }[] };
  const feed = await events(api, `stream=${streams[0]?.id}`);
  const first = await feed.next<Told>('stream');
  expect(first).toMatchObject({ stream: { name: 'cam' }, total: 2 });
  expect(first.clients.map(({ role }) => role)).toEqual(['publish', 'play']);
  for (let i = 1; i <= 25; i++) publisher.send(...picture.moment(i));
  const frames = () =>
    feed.events.flatMap(({ event, data }) => (event === 'stream' ? (data as Told).frames : []));
  const pictures = () => frames().filter(({ kind, t }) => kind === 'video' && t > 0);
  await until('all packets', () => pictures().length >= 25);
  expect(pictures().map(({ t }) => t)).toEqual(Array.from({ length: 25 }, (_, i) => (i + 1) * 40));
  expect(pictures().filter(({ keyframe }) => keyframe)).toHaveLength(1);
  publisher.stop();
  await feed.next<Told>('stream', ({ total, frames: more }) => total === 1 && more.length === 0);
});

test('a stream that is not there is told as null', async () => {
  const api = await startApi();
  const feed = await events(api, 'stream=vid-none');
  expect(await feed.next('stream')).toMatchObject({ stream: null, clients: [], frames: [] });
});

test('a delivery is told as it happens', async () => {
  const backend = await startBackend(() => ({ status: 403 }));
  stopped({ stop: () => backend.close() });
  const api = await startApi(
    '',
    `vhost __defaultVhost__ { http_hooks { enabled on; on_publish ${backend.origin}/h; } }`,
  );
  const feed = await events(api, 'topics=deliveries');
  await expect(startPublishing('cam', api)).rejects.toThrow();
  expect(await feed.next('delivery')).toMatchObject({
    action: 'on_publish',
    outcome: 'refused',
    stream: 'cam',
  });
});

test('who reads nothing holds no memory and nobody else up', async () => {
  const api = await startApi();
  stopped(await startPublishing('cam', api));
  const deaf = connect(api.apiPort, '127.0.0.1');
  stopped({ stop: () => deaf.destroy() });
  deaf.pause().write('GET /api/v2/events?topics=streams,server HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const feed = await events(api, 'topics=streams');
  await feed.next('streams');
  const count = () => feed.events.length;
  const before = count();
  await until('two more seconds of it', () => count() >= before + 2);
});

test.each(['topics=weather', 'topics=streams&colour=red', 'stream='])(
  '%s is refused with a sentence',
  async (query) => {
    const api = await startApi();
    const answer = await api.ask(`/api/v2/events?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: expect.any(String) });
  },
);

test('no more follow than the bound allows, and one that leaves makes room', async () => {
  const api = await startApi();
  const feeds = [];
  for (let count = 0; count < 32; count++) feeds.push(await events(api, 'topics=hooks'));
  expect((await api.ask('/api/v2/events?topics=hooks')).status).toBe(409);
  await feeds[0]?.stop();
  await until('room', async () => {
    const response = await api.ask('/api/v2/events?topics=hooks');
    await response.body?.cancel();
    return response.status === 200;
  });
});

test('followers are let go when the server stops', async () => {
  const api = await startApi();
  const feed = await events(api, 'topics=streams');
  await feed.next('streams');
  await api.stop();
  await until('the end', () => feed.ended);
});
