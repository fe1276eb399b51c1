import { expect, type TestContext, test } from 'vitest';
import { makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { freePort } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { type PlacedViewer, SIGNPOST, viewerWhere } from '../support/placed-viewer.ts';
import { urisOf } from '../support/segmented.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until, within } from '../support/until.ts';

/** A server of two workers that ffmpeg publishes to, and a viewer beside the publisher and one in the other worker. */
async function start(context: TestContext) {
  requiredFfmpeg(context);
  const backends = stopped(await startBackends('b'));
  const port = await freePort();
  const server = stopped(
    await startGatecast(`workers 2; ${SIGNPOST}
      http_server { enabled on; listen 127.0.0.1:${port}; trusted 127.0.0.1; }
      vhost __defaultVhost__ {
        hls { enabled on; hls_fragment 1; hls_window 3; hls_storage memory; }
        ${hooksTo([backends.at['b'] ?? ''], 'hook')}
      }`),
  );
  const flv = stopped(temporaryDirectory()).file('published.flv');
  makeFlv(flv, { seconds: 4 });
  const publish = () =>
    stopped(
      startFfmpeg('-re', '-stream_loop', '-1', '-i', flv, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
    );
  publish();
  const { worker } = await server.logged('publish started', { stream: 'cam' });
  const near = await viewerWhere(server, port, (other) => other === worker);
  const far = await viewerWhere(server, port, (other) => other !== worker);
  return { server, backends, port, publish, near, far, worker: Number(worker) };
}

/** Enters as a viewer at this address, and gets all that the playlist lists; returns the path of the playlist. */
async function watch(viewer: PlacedViewer, ip: string): Promise<string> {
  const master = await viewer.get('/live/cam.m3u8?token=t', { 'x-forwarded-for': ip });
  expect([master.status, `${master.body}`]).toEqual([200, expect.stringContaining('hls_ctx=')]);
  const playlist = `/live/${urisOf(`${master.body}`)[0]}`;
  const media = await viewer.get(playlist);
  const uris = urisOf(`${media.body}`);
  expect(uris.length).toBeGreaterThan(0);
  for (const uri of uris) {
    const { status, body } = await viewer.get(`/live/${uri}`);
    expect([status, body[0], body.length % 188]).toEqual([200, 0x47, 0]);
  }
  return playlist;
}

test('viewers in both workers get everything, are asked about once with their address, and leave', async (context) => {
  const { backends, near, far, port } = await start(context);
  await watch(near, '203.0.113.1');
  await watch(far, '203.0.113.2');
  const player = startFfmpeg('-i', `http://127.0.0.1:${port}/live/cam.m3u8`, '-t', '4', '-f', 'null', '-');
  expect([await stopped(player).end(), player.stderr]).toEqual([0, '']);
  const facts = (action: string) =>
    backends.posts
      .filter((post) => post.action === action)
      .map(({ body }) => `${body['client_id']} ${body['ip']} ${body['stream']} ${body['param']}`)
      .sort();
  await backends.received(3, 'on_stop');
  expect(facts('on_play')).toHaveLength(3);
  expect(facts('on_stop')).toEqual(facts('on_play'));
  expect(facts('on_play').map((line) => line.split(' ')[1])).toEqual(
    expect.arrayContaining(['127.0.0.1', '203.0.113.1', '203.0.113.2']),
  );

  backends.reply('b', 'on_play', '{"code": 1, "message": "No ticket."}');
  for (const viewer of [near, far]) {
    const refused = await viewer.get('/live/cam.m3u8');
    expect([refused.status, `${refused.body}`]).toEqual([403, 'code 1: No ticket.\n']);
  }
});

test('a worker that is killed ends its sessions, and their viewers come back', async (context) => {
  const { server, backends, publish, far, worker } = await start(context);
  const playlist = await watch(far, '203.0.113.2');
  const { pid } = await server.logged('worker started', { worker });
  const waiting = Array.from({ length: 5 }, () => far.get(playlist).catch(() => undefined));
  process.kill(Number(pid), 'SIGKILL');
  await within('answers', Promise.all(waiting));
  const [stop] = await backends.received(1, 'on_stop');
  expect(stop?.body).toMatchObject({ reason: 'server_restart', ip: '203.0.113.2', stream: 'cam' });
  // Wherever its publisher comes back, the viewer goes on with the URL that he has.
  publish();
  await until('the playlist', async () => (await far.get(playlist)).status === 200);
});
