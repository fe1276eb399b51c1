import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ffmpegPath,
  frameHashes,
  KNOWN_SOON,
  makeFlv,
  requiredFfmpeg,
  startFfmpeg,
} from '../support/ffmpeg.ts';
import {
  AUDIO,
  fingerprints,
  fingerprintsOf,
  isKeyframe,
  isVideoHeader,
  readFlv,
  VIDEO,
} from '../support/flv-file.ts';
import { startPlaying } from '../support/rtmp-peer.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const files = temporaryDirectory();
const BOTH = files.file('both.flv');
const SOUND = files.file('sound.flv');
const PICTURE = files.file('picture.flv');
const sources = { 'audio and video': BOTH, 'audio alone': SOUND, 'video alone': PICTURE };

beforeAll(() => {
  if (ffmpegPath === undefined) return;
  makeFlv(BOTH, { seconds: 2 });
  makeFlv(SOUND, { seconds: 2, video: false });
  makeFlv(PICTURE, { seconds: 2, audio: false });
});
afterAll(() => files.stop());

test.for(Object.entries(sources))(
  'a player that waits gets what ffmpeg publishes, packet for packet: %s',
  async ([, source], context) => {
    requiredFfmpeg(context);
    const server = stopped(await startServer());
    const player = stopped(await startPlaying('cam', server));
    const sent = readFlv(source);

    const publisher = stopped(startFfmpeg('-i', source, '-c', 'copy', '-f', 'flv', server.url('live/cam')));

    expect(await publisher.end()).toBe(0);
    expect(fingerprints(await player.hasMedia(sent.length))).toEqual(fingerprints(sent));
  },
);

test.for(Object.entries(sources))(
  'ffmpeg saves what ffmpeg publishes, hash for hash: %s',
  async ([, source], context) => {
    requiredFfmpeg(context);
    const server = stopped(await startServer());
    const saved = files.file(`saved-${source.length}.flv`);
    const sent = readFlv(source);
    const player = stopped(
      startFfmpeg(...KNOWN_SOON, ...['-i', server.url('live/cam'), '-c', 'copy', '-f', 'flv', saved]),
    );
    await until('the player', () => server.log.some((line) => line.msg === 'play started'));

    // At its own pace, so that the player knows the streams before the end of them.
    const publisher = stopped(
      startFfmpeg('-re', '-i', source, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
    );

    expect(await publisher.end()).toBe(0);
    // Players wait for the next publisher; what ends this one is the server's end.
    await server.stop();
    await player.end();
    expect(fingerprintsOf(VIDEO, readFlv(saved))).toEqual(fingerprintsOf(VIDEO, sent));
    expect(shifted(frameHashes(saved))).toEqual(shifted(frameHashes(source)));
  },
);

test('a late joiner starts with what its decoder needs: configurations, then a keyframe', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer());
  const early = stopped(await startPlaying('cam', server));
  stopped(startFfmpeg('-re', '-i', BOTH, '-c', 'copy', '-f', 'flv', server.url('live/cam')));
  await until('the second GOP', () => early.media.filter(isKeyframe).length >= 2);

  const late = stopped(await startPlaying('cam', server));

  const [first, second, third, ...rest] = await late.hasMedia(20);
  expect([first, second].map((packet) => packet && { type: packet.type, header: packet.payload[1] })).toEqual(
    [
      { type: VIDEO, header: 0 },
      { type: AUDIO, header: 0 },
    ],
  );
  expect(third && isKeyframe(third)).toBe(true);
  expect(rest.some(isVideoHeader)).toBe(false);
  expect(late.received[0]?.payload.toString('latin1')).toContain('onMetaData');
});

test('a late joiner is decoded by ffmpeg without a complaint', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer());
  const early = stopped(await startPlaying('cam', server));
  stopped(
    startFfmpeg('-re', '-stream_loop', '3', '-i', BOTH, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
  );
  await until('some pictures of the first GOP', () => early.media.length > 20);

  const late = stopped(
    startFfmpeg('-v', 'error', '-xerror', '-i', server.url('live/cam'), '-t', '1.5', '-f', 'null', '-'),
  );

  expect(await late.end()).toBe(0);
  expect(late.stderr).toBe('');
});

test('the stream goes on when its publisher comes back, and time with it', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer());
  const player = stopped(await startPlaying('cam', server));
  const sent = readFlv(PICTURE);
  const publish = () =>
    stopped(startFfmpeg('-i', PICTURE, '-c', 'copy', '-f', 'flv', server.url('live/cam'))).end();

  expect([await publish(), await publish()]).toEqual([0, 0]);

  const media = await player.hasMedia(2 * sent.length);
  expect(fingerprints(media.slice(sent.length))).toEqual(fingerprints(sent));
  const times = media.map((packet) => packet.timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('ffmpeg that publishes a name in use is turned away and the first publisher goes on', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer());
  const player = stopped(await startPlaying('cam', server));
  const publish = (...flags: string[]) =>
    stopped(startFfmpeg(...flags, '-i', BOTH, '-c', 'copy', '-f', 'flv', server.url('live/cam')));
  const first = publish('-re');
  await player.hasMedia(5);

  const second = publish();

  expect(await second.end()).not.toBe(0);
  expect(second.stderr).toContain('the stream is already being published');
  expect(await first.end()).toBe(0);
  expect(player.media).toHaveLength(readFlv(BOTH).length);
});

/** Hashes with times that begin at 0. */
function shifted(frames: ReturnType<typeof frameHashes>) {
  const start = Math.min(...frames.map((frame) => frame.dts));
  return frames.map((frame) => ({ ...frame, dts: frame.dts - start }));
}

test('ffmpeg with a slash in its token meets a player with another token', async (context) => {
  requiredFfmpeg(context);
  const server = stopped(await startServer());
  const player = stopped(await startPlaying('cam?token=c/d==', server));
  const url = server.url('live/cam?token=a/b==');
  const publisher = stopped(startFfmpeg('-i', BOTH, '-c', 'copy', '-f', 'flv', url));
  expect(await publisher.end()).toBe(0);
  const sent = readFlv(BOTH);
  expect(fingerprints(await player.hasMedia(sent.length))).toEqual(fingerprints(sent));
});
