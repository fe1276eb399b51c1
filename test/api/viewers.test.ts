import { expect, test } from 'vitest';
import { startBackend } from '../hooks/scripted-backend.ts';
import { picture } from '../support/picture.ts';
import { startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startApi } from './support.ts';

interface Clients {
  readonly clients: readonly { readonly id: string; readonly role: string; readonly sendBytes: number }[];
}

const CONF = `http_server { enabled on; listen 127.0.0.1:0; }
  vhost __defaultVhost__ { http_remux { enabled on; } hls { enabled on; hls_storage memory; hls_fragment 1; } }`;

/** A stream that is watched over HTTP. */
async function start() {
  const api = await startApi('', CONF);
  const web = api.server.addresses.find(({ protocol }) => protocol === 'http')?.port;
  const publisher = stopped(await startPublishing('cam', api));
  publisher.send(...picture.stream(30));
  const viewers = async (protocol: string) =>
    ((await api.json(`/api/v2/clients?protocol=${protocol}`)) as Clients).clients;
  return { ...api, publisher, viewers, web: `http://127.0.0.1:${web}` };
}

test('a viewer of FLV over HTTP is a client with its program and its bytes, and can be shown out', async () => {
  const { web, viewers, change, json } = await start();
  const response = await fetch(`${web}/live/cam.flv`, {
    headers: { 'user-agent': 'watcher/1', referer: 'http://p/' },
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const [viewer] = await until('the viewer', async () => {
    const all = await viewers('http-flv');
    return all.some(({ sendBytes, role }) => role === 'play' && sendBytes > 0) && all;
  });
  expect(viewer).toMatchObject({ agent: 'watcher/1', pageUrl: 'http://p/', app: 'live', stream: 'cam' });
  const { streams } = (await json('/api/v2/streams')) as { streams: { players: number; play: object }[] };
  expect(streams[0]).toMatchObject({ players: 1, play: { flv: `${web}/live/cam.flv` } });
  expect(await json('/api/v1/clients')).toMatchObject({
    clients: expect.arrayContaining([expect.objectContaining({ type: 'flv-play', name: 'cam' })]),
  });
  expect(await change('DELETE', `/api/v2/clients/${viewer?.id}`)).toEqual({
    status: 200,
    body: { kicked: 1 },
  });
  const drain = async () => {
    while (!(await reader.read()).done) await Promise.resolve();
  };
  await drain().catch(() => undefined);
  expect(await viewers('http-flv')).toEqual([]);
});

test('a viewer of HLS is a client too', async () => {
  const { web, viewers, publisher, change } = await start();
  for (let i = 30; i < 130; i++) publisher.send(...picture.moment(i));
  const playlist = await until('a playlist', async () => {
    const response = await fetch(`${web}/live/cam.m3u8`);
    return response.status === 200 && (await response.text());
  });
  expect(playlist).toContain('hls_ctx=');
  const [viewer] = await until('the viewer', async () => {
    const all = await viewers('hls');
    return all.length > 0 && all;
  });
  expect(viewer).toMatchObject({ protocol: 'hls', stream: 'cam' });
  expect(await change('DELETE', `/api/v2/clients/${viewer?.id}`)).toMatchObject({ status: 200 });
});

test('a server that stops says that it is not ready, for as long as it tells its backends', async () => {
  // It never answers to that, and the server waits for it as long as drain_timeout says.
  const backend = await startBackend(({ body }) => (body.includes('on_unpublish') ? undefined : '0'));
  stopped({ stop: () => backend.close() });
  const hooks = `http_hooks { enabled on; on_unpublish ${backend.origin}/h; }`;
  const api = await startApi('', `drain_timeout 1000; vhost __defaultVhost__ { ${hooks} }`);
  stopped(await startPublishing('cam', api));
  const status = async (path: string) => (await api.ask(path)).status;
  expect(await status('/readyz')).toBe(200);
  const stopping = api.stop();
  await until('the refusal', async () => (await status('/readyz')) === 503);
  expect(await status('/healthz')).toBe(200);
  await stopping;
});
