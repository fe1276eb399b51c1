import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { type Script, startBackend } from '../hooks/scripted-backend.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT, startGatecast } from '../support/gatecast.ts';
import { picture } from '../support/picture.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const SECRET = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`;

const PASSWORD = 'a word for these tests';

/** The server with a file of conf/, at a port of its own, and a backend of this test in place of the sample's. */
async function start(name: string, script: Script, instead: readonly (readonly [string, string])[] = []) {
  const backend = await startBackend(script);
  stopped({ stop: () => backend.close() });
  const file = readFileSync(resolve(ROOT, 'conf', name), 'utf8');
  const text = instead
    .reduce((conf, [ours, theirs]) => conf.replaceAll(ours, theirs), file)
    .replaceAll('http://127.0.0.1:8085', backend.origin)
    .replace('listen 1935;', 'listen 127.0.0.1:0;')
    .replace(/^state_dir .*$/m, '');
  const server = stopped(
    await startGatecast(text, { GATECAST_HOOKS_SECRET: SECRET, API_PASSWORD: PASSWORD }),
  );
  return { backend, server };
}

test('conf/hooks.conf signs every request, and asks once for viewers with one token', async () => {
  const { backend, server } = await start('hooks.conf', () => '0');
  const publisher = stopped(await startPublishing('cam', server));
  for (let viewers = 0; viewers < 3; viewers++) stopped(await startPlaying('cam?token=t', server));
  publisher.stop();
  const events = () =>
    backend.received.map(({ body, headers }) => {
      const text = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]));
      return new Webhook(SECRET).verify(body, text) as { action: string };
    });
  await until('the end of the publish', () => events().some(({ action }) => action === 'on_close'));
  const actions = events().map(({ action }) => action);
  expect(actions.filter((action) => action === 'on_play')).toEqual(['on_play']);
  expect(actions.filter((action) => action === 'on_connect')).toHaveLength(4);
  expect(actions).toContain('on_unpublish');
});

test('conf/nginx-style.conf calls a backend of nginx-rtmp, which may rename a stream', async () => {
  const callOf = (body: string) => new URLSearchParams(body).get('call');
  const { backend, server } = await start('nginx-style.conf', ({ body }) =>
    callOf(body) === 'publish' ? { status: 302, headers: { Location: 'alice' } } : { status: 200 },
  );
  const publisher = stopped(await startPublishing('secret-key', server));
  const player = stopped(await startPlaying('alice', server));
  publisher.send(...picture.stream(5));
  await player.hasMedia(5);
  publisher.stop();
  const calls = () => backend.received.map(({ body }) => callOf(body));
  await until('the end of the publish', () => calls().includes('disconnect'));
  expect(calls()).toEqual(['connect', 'publish', 'connect', 'play', 'publish_done', 'done', 'disconnect']);
});

test('conf/dvr.conf records to FLV and MP4, and tells of each file', async () => {
  const directory = stopped(temporaryDirectory());
  const { backend, server } = await start('dvr.conf', () => '0', [['./objs/recordings', directory.path]]);
  const publisher = stopped(await startPublishing('cam', server));
  publisher.send(...picture.stream(60));
  publisher.stop();
  const files = () =>
    backend.received
      .map(({ body }) => JSON.parse(body) as Record<string, string>)
      .filter(({ action }) => action === 'on_dvr')
      .map(({ file = '' }) => file.slice(directory.path.length).replace(/[\d-]+T[\d.]+\./, 'WHEN.'));
  await until('both files', () => files().length === 2);
  expect(files().sort()).toEqual(['/live/cam/WHEN.flv', '/live/cam/WHEN.mp4']);
});

test('conf/api.conf asks for the password before it says anything', async () => {
  const { server } = await start('api.conf', () => '0', [['0.0.0.0:1985', '0.0.0.0:0']]);
  const { api } = await server.logged('gatecast is listening');
  const url = `http://127.0.0.1:${(api as { port: number }).port}/api/v1/versions`;
  expect((await fetch(url)).status).toBe(401);
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
  expect(await (await fetch(url, { headers: { authorization } })).json()).toMatchObject({ code: 0 });
});

test('conf/hls.conf cuts a stream into segments for who asks for its playlist', async () => {
  const port = await freePort();
  const { server } = await start('hls.conf', () => '0', [['listen 8080;', `listen 127.0.0.1:${port};`]]);
  const publisher = stopped(await startPublishing('cam', server));
  publisher.send(picture.audioHeader());
  for (let at = 0; at <= 5000; at += 40) publisher.send(picture.sound(at));
  const master = await fetch(`http://127.0.0.1:${port}/live/cam.m3u8`);
  const [, uri = ''] = /\n(cam\.m3u8\?hls_ctx=.*)\n/.exec(await master.text()) ?? [];
  const playlist = await fetch(new URL(uri, master.url));
  expect((await playlist.text()).match(/^cam-\d+\.ts\?hls_ctx=/gm)?.length).toBeGreaterThanOrEqual(2);
});
