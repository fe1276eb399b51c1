import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ffmpegPath,
  frameHashes,
  KNOWN_SOON,
  makeFlv,
  requiredFfmpeg,
  startFfmpeg,
} from '../support/ffmpeg.ts';
import { AUDIO, fingerprintsOf, readFlv, VIDEO } from '../support/flv-file.ts';
import { ROOT, startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { ask, FlvViewer, upgradeHeaders } from '../support/web-viewer.ts';
import { connectWhere, following, opening } from '../support/workers.ts';

const files = temporaryDirectory();
const SOURCE = files.file('source.flv');

beforeAll(() => {
  if (ffmpegPath !== undefined) makeFlv(SOURCE, { seconds: 2, reordered: true });
});
afterAll(() => files.stop());

const SERVED = `
  http_server { enabled on; listen 127.0.0.1:0; }
  vhost __defaultVhost__ { http_remux { enabled on; } `;

const webPort = (addresses: readonly { readonly protocol: string; readonly port: number }[]): number =>
  addresses.find(({ protocol }) => protocol === 'http')?.port ?? 0;

test('ffmpeg saves over HTTP what ffmpeg publishes, packet for packet, also when the publisher comes again', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer(`${SERVED} }`));
  const url = `http://127.0.0.1:${webPort(server.server.addresses)}/live/cam.flv`;
  const saved = files.file('saved.flv');
  const player = stopped(startFfmpeg(...KNOWN_SOON, '-i', url, '-c', 'copy', '-f', 'flv', saved));
  await until('the player', () => server.log.some((line) => line.msg === 'play started'));
  for (let time = 0; time < 2; time++) {
    const publisher = startFfmpeg('-re', '-i', SOURCE, '-c', 'copy', '-f', 'flv', server.url('live/cam'));
    expect(await stopped(publisher).end()).toBe(0);
  }
  await server.stop();
  expect(await player.end()).toBe(0);
  expect(player.stderr).toBe('');
  const sent = readFlv(SOURCE);
  const got = readFlv(saved);
  for (const type of [VIDEO, AUDIO]) {
    const payloads = (packets: typeof sent) =>
      fingerprintsOf(type, packets).map((line) => line.replace(/^.* /, ''));
    // ffmpeg writes decoder configurations once.
    const [header, ...media] = payloads(sent);
    expect(payloads(got).filter((payload) => payload !== header)).toEqual([...media, ...media]);
  }
  const hashes = frameHashes(SOURCE).map(({ hash }) => hash);
  expect(
    frameHashes(saved)
      .map(({ hash }) => hash)
      .sort(),
  ).toEqual([...hashes, ...hashes].sort());
});

test('conf/http-flv.conf serves a late joiner that ffmpeg decodes without a complaint', async (context) => {
  requiredFfmpeg(context);
  const text = readFileSync(resolve(ROOT, 'conf/http-flv.conf'), 'utf8')
    .replace('listen 1935;', 'listen 127.0.0.1:0;')
    .replace('listen 8080;', 'listen 127.0.0.1:0;');
  const server = stopped(await startGatecast(text));
  const { listen } = await server.logged('gatecast is listening');
  const port = webPort(listen as { protocol: string; port: number }[]);
  stopped(
    startFfmpeg('-re', '-stream_loop', '3', '-i', SOURCE, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
  );
  const { client, head } = await ask(port, '/live/cam.flv');
  const early = new FlvViewer(client, head);
  await early.has(20);
  const late = stopped(
    startFfmpeg('-xerror', '-i', `http://127.0.0.1:${port}/live/cam.flv`, '-t', '1.5', '-f', 'null', '-'),
  );
  expect(await late.end()).toBe(0);
  expect(late.stderr).toBe('');
  client.socket.destroy();
});

test('with two workers, viewers get the stream from whichever they reach, and each is a pair of events', async () => {
  const backends = stopped(await startBackends('b'));
  const server = stopped(
    await startGatecast(`workers 2; ${SERVED} ${hooksTo([backends.at['b'] ?? ''], 'hook')} }`),
  );
  const { listen } = await server.logged('gatecast is listening');
  const port = webPort(listen as { protocol: string; port: number }[]);
  const publisher = await connectWhere(server, () => true);
  const streamId = await publisher.session.publish('cam');
  publisher.session.send(...opening(streamId, 5000), ...following(streamId, 5040));
  const viewers: FlvViewer[] = [];
  const played = () => server.log.filter(({ msg }) => msg === 'play started');
  while (new Set(played().map(({ worker }) => worker)).size < 2 || viewers.length < 4) {
    const headers = viewers.length % 2 === 0 ? {} : upgradeHeaders();
    const { client, head } = await ask(port, '/live/cam.flv', headers);
    viewers.push(new FlvViewer(client, head));
    await until('its log line', () => played().length === viewers.length);
  }
  await Promise.all(viewers.map((viewer) => viewer.has(43)));
  publisher.session.send(...following(streamId, 6000));
  const [first, ...others] = await Promise.all(viewers.map((viewer) => viewer.has(83)));
  for (const lines of others) expect(lines).toEqual(first);
  for (const { client } of viewers) client.socket.destroy();
  await backends.received(viewers.length, 'on_stop');
  const idsOf = (action: string) =>
    backends.posts.filter((post) => post.action === action).map(({ body }) => body['client_id']);
  expect(new Set(idsOf('on_play')).size).toBe(viewers.length);
  expect([...idsOf('on_stop')].sort()).toEqual([...idsOf('on_play')].sort());
});
