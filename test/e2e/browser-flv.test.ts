import { expect, test } from 'vitest';
import { addPlayer, openBrowser, openPage, requiredBrowser, videoState } from '../support/browser.ts';
import { makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const CONF = `
  http_server { enabled on; listen 127.0.0.1:0; }
  vhost __defaultVhost__ { http_remux { enabled on; } }`;

/** What a page runs. */
const play = (url: string) => `
  const player = mpegts.createPlayer({ type: 'flv', isLive: true, url: '${url}' });
  player.attachMediaElement(document.querySelector('video'));
  player.load();
  player.play();`;

test('mpegts.js in a browser plays a stream over HTTP and over WebSocket', async (context) => {
  requiredFfmpeg(context);
  requiredBrowser(context);
  const source = stopped(temporaryDirectory()).file('source.flv');
  makeFlv(source, { seconds: 4 });
  const running = stopped(await startServer(CONF));
  const port = running.server.addresses.find(({ protocol }) => protocol === 'http')?.port;
  stopped(
    startFfmpeg(
      '-re',
      '-stream_loop',
      '-1',
      '-i',
      source,
      '-c',
      'copy',
      '-f',
      'flv',
      running.url('live/cam'),
    ),
  );
  const browser = await openBrowser(context);
  const pages = await Promise.all(
    ['http', 'ws'].map(async (scheme) => {
      const page = await openPage(browser);
      await addPlayer(page, 'mpegts.js');
      await page.evaluate(play(`${scheme}://127.0.0.1:${port}/live/cam.flv`));
      return page;
    }),
  );
  for (const page of pages) {
    const first = await until('a first picture', async () => {
      const state = await videoState(page);
      return state.frames > 0 && state;
    });
    const later = await until('five more seconds', async () => {
      const state = await videoState(page);
      expect(state.error).toBeUndefined();
      return state.currentTime >= first.currentTime + 5 && state;
    });
    expect(later).toMatchObject({ width: 160 });
    expect(later.frames).toBeGreaterThan(first.frames + 60);
    expect(later.sound).toBeGreaterThan(first.sound);
  }
});
