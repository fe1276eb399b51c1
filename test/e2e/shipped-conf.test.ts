import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { type Script, startBackend } from '../hooks/scripted-backend.ts';
import { ROOT, startGatecast } from '../support/gatecast.ts';
import { picture } from '../support/picture.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';

const SECRET = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`;

/** The server with a file of conf/, at a port of its own, and a backend of this test in place of the sample's. */
async function start(name: string, script: Script) {
  const backend = await startBackend(script);
  stopped({ stop: () => backend.close() });
  const text = readFileSync(resolve(ROOT, 'conf', name), 'utf8')
    .replaceAll('http://127.0.0.1:8085', backend.origin)
    .replace('listen 1935;', 'listen 127.0.0.1:0;')
    .replace(/^state_dir .*$/m, '');
  const server = stopped(await startGatecast(text, { GATECAST_HOOKS_SECRET: SECRET }));
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
