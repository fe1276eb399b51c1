import { describe, expect, test } from 'vitest';
import { startChild } from '../support/child.ts';
import { KNOWN_SOON, makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { startGatecast } from '../support/gatecast.ts';
import { requiredProgram } from '../support/requires.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type Start = (url: string, http: string) => readonly [string, ...string[]];

const PLAYERS: readonly [string, string, Start][] = [
  ['rtmpdump', 'rtmpdump', (url) => ['rtmpdump', '-q', '--live', '-r', url, '-o', '/dev/null']],
  [
    'GStreamer',
    'gst-launch-1.0',
    (url) => ['gst-launch-1.0', '-q', 'rtmp2src', `location=${url}`, '!', 'fakesink'],
  ],
  ['mpv', 'mpv', (url) => ['mpv', '--no-config', '--vo=null', '--ao=null', '--really-quiet', url]],
  ['curl', 'curl', (_url, http) => ['curl', '-sS', '-o', '/dev/null', http]],
];

const server = async (workers: number) => {
  const web = 'http_server { enabled on; listen 127.0.0.1:0; }';
  const play = 'play { unpublish_wait 1; } http_remux { enabled on; }';
  const started = stopped(
    await startGatecast(`workers ${workers}; ${web} vhost __defaultVhost__ { ${play} }`),
  );
  const { listen } = await started.logged('gatecast is listening');
  const http = (listen as { protocol: string; port: number }[]).find(({ protocol }) => protocol === 'http');
  return {
    ...started,
    url: started.url('live/cam'),
    http: `http://127.0.0.1:${http?.port}/live/cam.flv`,
    log: started,
  };
};

describe.each([1, 2])('with %d workers, when ffmpeg is through with its publish', (workers) => {
  test.for(PLAYERS)('%s ends by itself', async ([, program, start], context) => {
    requiredFfmpeg(context);
    requiredProgram(context, program);
    const { url, http, log } = await server(workers);
    await endsBySelf(log, url, start(url, http));
  });

  test('ffmpeg ends by itself', async (context) => {
    const ffmpeg = requiredFfmpeg(context);
    const { url, http, log } = await server(workers);
    await endsBySelf(log, url, [
      ffmpeg,
      '-v',
      'error',
      '-nostdin',
      ...KNOWN_SOON,
      '-i',
      url,
      '-f',
      'null',
      '-',
    ]);
    await endsBySelf(log, url, [
      ffmpeg,
      '-v',
      'error',
      '-nostdin',
      ...KNOWN_SOON,
      '-i',
      http,
      '-f',
      'null',
      '-',
    ]);
  });
});

/** Plays what is published for a few seconds from when the player is there, and waits for the player's own end. */
async function endsBySelf(
  log: Awaited<ReturnType<typeof startGatecast>>,
  url: string,
  [command, ...args]: readonly [string, ...string[]],
): Promise<void> {
  const files = stopped(temporaryDirectory());
  makeFlv(files.file('show.flv'), { seconds: 3 });
  const before = log.log.length;
  const player = stopped(startChild(command, args));
  const found = (msg: string) => log.log.slice(before).find((line) => line.msg === msg);
  await log.logged('play started');
  const publisher = stopped(startFfmpeg('-re', '-i', files.file('show.flv'), '-c', 'copy', '-f', 'flv', url));
  await publisher.end();
  await player.end();
  expect(found('play ended')).toMatchObject({ reason: 'unpublish' });
}
