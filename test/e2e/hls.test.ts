import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { addPlayer, openBrowser, openPage, videoState } from '../support/browser.ts';
import { makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { freePort } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** ffmpeg 5 says this of every live playlist of fragmented MP4, also of its own: it reads EXT-X-MAP again with each reload. */
const REREAD = /Found duplicated MOOV Atom|Last message repeated/;

/** Runs in the page. */
const PLAY = `(source) => {
  window.errors = [];
  const video = document.querySelector('video');
  const player = new Hls();
  player.on('hlsError', (_event, { fatal, details }) => fatal && errors.push(details));
  player.loadSource(source);
  player.attachMedia(video);
  void video.play();
}`;

/** A server that cuts what ffmpeg publishes, in this format, into segments of a second. */
async function live(format: string) {
  const directory = stopped(temporaryDirectory());
  const port = await freePort();
  const server = stopped(
    await startGatecast(`http_server { enabled on; listen 127.0.0.1:${port}; dir ${directory.path}; }
      vhost __defaultVhost__ { hls {
        enabled on; hls_format ${format}; hls_fragment 1; hls_window 10; hls_path ${directory.path};
      } }`),
  );
  const flv = directory.file('published.flv');
  makeFlv(flv, { seconds: 4 });
  const publish = () =>
    stopped(
      startFfmpeg('-re', '-stream_loop', '-1', '-i', flv, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
    );
  return { server, publish, url: `http://127.0.0.1:${port}/live/cam.m3u8` };
}

/** Runs in the page: plays, and goes on after the network failed, as the manual of hls.js has it. */
const PLAY_ON = `(source) => {
  const video = document.querySelector('video');
  const player = new Hls();
  player.on('hlsError', (_event, { fatal, type }) => fatal && type === 'networkError' && player.startLoad());
  player.on('hlsFragChanged', (_event, { frag }) => { window.played = frag.sn; });
  player.loadSource(source);
  player.attachMedia(video);
  void video.play();
}`;

describe.each(['ts', 'fmp4'])('HLS in %s', (format) => {
  test('ffmpeg watches it live, and over a republish, without a word', async (context) => {
    const ffmpeg = requiredFfmpeg(context);
    const { publish, url } = await live(format);
    const first = publish();
    const watch = () => {
      const args = ['-v', 'warning', '-i', url, '-t', '3', '-f', 'null', '-'];
      const { stderr, status } = spawnSync(ffmpeg, args, { encoding: 'utf8', timeout: 30_000 });
      return { status, said: stderr.split('\n').filter((line) => !REREAD.test(line)) };
    };
    expect(watch()).toEqual({ status: 0, said: [''] });
    await first.stop();
    publish();
    expect(watch()).toEqual({ status: 0, said: [''] });
  });

  test('hls.js in Chromium plays it for five seconds', async (context) => {
    requiredFfmpeg(context);
    const browser = await openBrowser(context);
    const { publish, url } = await live(format);
    publish();
    const page = await openPage(browser);
    await addPlayer(page, 'hls.js');
    await page.evaluate(`(${PLAY})(${JSON.stringify(url)})`);
    const time = async () => (await videoState(page)).currentTime;
    const from = await until('the first picture', async () => (await time()) || undefined);
    await until('five seconds of it', async () => (await time()) >= from + 5);
    expect(await page.evaluate('errors')).toEqual([]);
    expect((await videoState(page)).width).toBe(160);
  });
});

test('a page goes on over three restarts of the server', async (context) => {
  requiredFfmpeg(context);
  const browser = await openBrowser(context);
  const directory = stopped(temporaryDirectory());
  const [port, webPort] = [await freePort(), await freePort()];
  const flv = directory.file('published.flv');
  makeFlv(flv, { seconds: 4 });
  const start = async () => {
    const server = stopped(
      await startGatecast(`listen 127.0.0.1:${port}; state_dir ${directory.file('objs')};
        http_server { enabled on; listen 127.0.0.1:${webPort}; }
        vhost __defaultVhost__ { hls { enabled on; hls_storage memory; hls_fragment 1; hls_window 10; } }`),
    );
    const loop = ['-re', '-stream_loop', '-1', '-i', flv, '-c', 'copy', '-f', 'flv'];
    const publisher = stopped(startFfmpeg(...loop, server.url('live/cam')));
    return { server, publisher };
  };
  const url = `http://127.0.0.1:${webPort}/live/cam.m3u8`;
  /** Number of the first segment of this run. */
  const firstSegment = async () => {
    const master = await (await fetch(url)).text();
    const media = await fetch(new URL(master.split('\n').find((line) => line.startsWith('cam')) ?? '', url));
    return Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(await media.text())?.[1]);
  };
  const played = async () => Number(await page.evaluate('window.played ?? 0'));

  let run = await start();
  const page = await openPage(browser);
  await addPlayer(page, 'hls.js');
  await page.evaluate(`(${PLAY_ON})(${JSON.stringify(url)})`);
  await until('the first picture', async () => (await played()) > 0);
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    run.server.child.kill(signal);
    await run.server.child.end();
    await run.publisher.stop();
    run = await start();
    const first = await firstSegment();
    await until(`segment ${first} after ${signal}`, async () => (await played()) >= first);
  }
}, 150_000);
