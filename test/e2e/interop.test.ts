import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { Gate } from '../../src/model/authorization.ts';
import type { GateAction } from '../../src/model/events.ts';
import { type Child, startChild } from '../support/child.ts';
import { ffmpegPath, KNOWN_SOON, makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { AUDIO, fingerprintsOf, isKeyframe, type Packet, readFlv, VIDEO } from '../support/flv-file.ts';
import { freePort, listening } from '../support/free-port.ts';
import { findProgram, required, requiredProgram } from '../support/requires.ts';
import { startPlaying } from '../support/rtmp-peer.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const files = temporaryDirectory();
const SOURCE = files.file('source.flv');
let sent: Packet[] = [];

beforeAll(() => {
  if (ffmpegPath === undefined) return;
  makeFlv(SOURCE, { seconds: 2 });
  sent = readFlv(SOURCE);
});
afterAll(() => files.stop());

/** ffmpeg sends the source, as fast as it can or at its own pace. */
const publishTo = (url: string, ...pace: string[]) =>
  stopped(startFfmpeg(...pace, '-i', SOURCE, '-c', 'copy', '-f', 'flv', url));

const begun = (server: RunningServer, what: 'play' | 'publish', stream: string) =>
  until(`${what} of ${stream}`, () =>
    server.log.some((line) => line.msg === `${what} started` && line['stream'] === stream),
  );

/** Relays may weave audio and video in another order, so each is compared by itself. */
function expectSame(received: readonly Packet[], original: readonly Packet[]): void {
  for (const type of [VIDEO, AUDIO]) {
    expect(fingerprintsOf(type, received)).toEqual(fingerprintsOf(type, original));
  }
}

/** A server whose gate says no to one action. */
function startRefusing(action: GateAction, message: string): Promise<RunningServer> {
  const gate: Gate = {
    authorize: (event) =>
      Promise.resolve(event.action === action ? { allowed: false, message } : { allowed: true }),
    emit: () => undefined,
    emitDurably: () => Promise.resolve(true),
    isInterested: () => true,
  };
  return startServer(undefined, { gate });
}

describe('node-media-server', () => {
  async function startNms(...tasks: readonly { mode: string; url: string; streamPath: string }[]) {
    const port = await freePort();
    const store = stopped(temporaryDirectory()).path;
    const script = join(import.meta.dirname, '../support/nms.mjs');
    stopped(startChild(process.execPath, [script, JSON.stringify({ port, store, tasks })]));
    await listening(port);
    return { url: (path: string) => `rtmp://127.0.0.1:${port}/${path}` };
  }

  test('pulls a stream from us and pushes it back unharmed', async (context) => {
    requiredFfmpeg(context);
    const ours = stopped(await startServer());
    // Its client puts the whole URL into tcUrl, stream and all, so that here, as in SRS, the app is one segment longer.
    const player = stopped(await startPlaying('back', { port: ours.port, app: 'live/back' }));
    await startNms(
      { mode: 'pull', url: ours.url('live/source'), streamPath: '/live/relay' },
      { mode: 'push', url: ours.url('live/back'), streamPath: '/live/relay' },
    );
    await Promise.all([begun(ours, 'play', 'source'), begun(ours, 'publish', 'back')]);

    // In real time: it joins its push to its pull a moment after we have let both in.
    expect(await publishTo(ours.url('live/source/source'), '-re').end()).toBe(0);

    expectSame(await player.hasMedia(sent.length), sent);
  });

  test('is fed from us by ffmpeg, and feeds us by ffmpeg, without a change', async (context) => {
    requiredFfmpeg(context);
    const ours = stopped(await startServer());
    const player = stopped(await startPlaying('back', ours));
    const nms = await startNms();
    const relay = (from: string, to: string) =>
      stopped(startFfmpeg(...KNOWN_SOON, '-i', from, '-c', 'copy', '-f', 'flv', to));
    relay(nms.url('live/relay'), ours.url('live/back'));
    relay(ours.url('live/source'), nms.url('live/relay'));
    await begun(ours, 'play', 'source');

    publishTo(ours.url('live/source'), '-re', '-stream_loop', '2');

    // ffmpeg holds the last packets of a live stream back until it ends, which here it does not.
    const media = await player.hasMedia(sent.length + 20);
    const video = sent.filter((packet) => packet.type === VIDEO);
    const arrived = media.filter((packet) => packet.type === VIDEO).slice(0, video.length);
    expect(fingerprintsOf(VIDEO, arrived)).toEqual(fingerprintsOf(VIDEO, video));
  });
});

describe('nginx-rtmp', () => {
  async function startNginx(nginx: string, application: string) {
    const module = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/share/nginx/modules']
      .map((place) => join(place, 'ngx_rtmp_module.so'))
      .find((file) => existsSync(file));
    if (module === undefined) return undefined;
    const port = await freePort();
    const directory = stopped(temporaryDirectory());
    writeFileSync(
      directory.file('nginx.conf'),
      `load_module ${module};
      daemon off; master_process off; pid nginx.pid; error_log stderr info;
      events { worker_connections 64; }
      rtmp { server { listen 127.0.0.1:${port}; application live { live on; ${application} } } }`,
    );
    stopped(startChild(nginx, ['-p', directory.path, '-c', 'nginx.conf', '-e', 'stderr']));
    await listening(port);
    return { port, url: (path: string) => `rtmp://127.0.0.1:${port}/${path}` };
  }

  test('pushes to us what it is sent', async (context) => {
    requiredFfmpeg(context);
    const program = requiredProgram(context, 'nginx');
    const ours = stopped(await startServer());
    const player = stopped(await startPlaying('cam', ours));
    const nginx = await startNginx(program, `push ${ours.url('live')};`);

    const { url } = required(context, nginx, 'nginx has no rtmp module');
    expect(await publishTo(url('live/cam'), '-re').end()).toBe(0);

    // nginx connects to us when it is published to, and passes on what comes from then.
    await until('the end of the publish', () => ours.log.some((line) => line.msg === 'publish ended'));
    const { media } = player;
    expect(media.length).toBeGreaterThan(sent.length * 0.8);
    expectTail(media, sent);
  });

  test('pulls from us what it is asked for, and our client plays it from there', async (context) => {
    requiredFfmpeg(context);
    const program = requiredProgram(context, 'nginx');
    const ours = stopped(await startServer());
    const started = await startNginx(program, `pull ${ours.url('live')};`);
    const nginx = required(context, started, 'nginx has no rtmp module');
    const player = stopped(await startPlaying('cam', nginx));
    await begun(ours, 'play', 'cam');

    expect(await publishTo(ours.url('live/cam')).end()).toBe(0);

    expectSame(await player.hasMedia(sent.length), sent);
  });

  /** What was received is the end of what was sent, behind the decoder configurations. */
  function expectTail(received: readonly Packet[], original: readonly Packet[]): void {
    for (const type of [VIDEO, AUDIO]) {
      const frames = (packets: readonly Packet[]) =>
        packets.filter((packet) => packet.type === type && packet.payload[1] !== 0);
      const got = frames(received);
      expect(fingerprintsOf(type, got)).toEqual(fingerprintsOf(type, frames(original).slice(-got.length)));
    }
  }
});

describe('rtmpdump', () => {
  const dump = (program: string, url: string, file: string) =>
    stopped(startChild(program, ['--live', '-r', url, '-o', file]));

  test('saves a stream packet for packet, and ends when the server stops', async (context) => {
    requiredFfmpeg(context);
    const program = requiredProgram(context, 'rtmpdump');
    const ours = stopped(await startServer());
    const saved = files.file('rtmpdump.flv');
    const child = dump(program, ours.url('live/cam'), saved);
    await begun(ours, 'play', 'cam');

    expect(await publishTo(ours.url('live/cam')).end()).toBe(0);
    await ours.stop();

    await child.end();
    expectSame(readFlv(saved), sent);
  });

  // Of a refusal librtmp prints the code alone, and of a refused connect not even that.
  test.for([
    ['on_connect', 'rtmp server sent error'],
    ['on_play', 'Closing connection: NetStream.Play.Failed'],
  ] as const)('refused by %s says so, ends, and does not come again', async ([action, words], context) => {
    const program = requiredProgram(context, 'rtmpdump');
    const ours = stopped(await startRefusing(action, 'not a member'));

    const child = dump(program, ours.url('live/cam'), files.file('refused.flv'));

    expect(await child.end()).not.toBe(0);
    expect(child.stderr).toContain(`ERROR: ${words}`);
    expect(ours.log.filter((line) => line.msg === 'connection closed')).toHaveLength(1);
  });
});

describe('GStreamer', () => {
  const launch = (program: string, ...pipeline: string[]) =>
    stopped(startChild(program, ['-q', '-e', ...pipeline.join(' ').split(' ')]));

  async function requiredElement(context: TestContext, element: string): Promise<string> {
    const program = requiredProgram(context, 'gst-launch-1.0');
    const inspect = findProgram('gst-inspect-1.0');
    const found = inspect && (await stopped(startChild(inspect, [element])).end()) === 0;
    required(context, found || undefined, `GStreamer has no ${element}`);
    return program;
  }

  test('rtmp2src plays, and the file has the packets that were sent', async (context) => {
    requiredFfmpeg(context);
    const program = await requiredElement(context, 'rtmp2src');
    const ours = stopped(await startServer());
    const saved = files.file('gst.flv');
    const child = launch(
      program,
      `rtmp2src location=${ours.url('live/cam')} ! filesink buffer-mode=unbuffered location=${saved}`,
    );
    await begun(ours, 'play', 'cam');

    // In real time: rtmp2src keeps what it read last until more comes, and of a burst that is everything.
    expect(await publishTo(ours.url('live/cam'), '-re').end()).toBe(0);
    await until('all but its last read', () => readFlv(saved).length >= sent.length - 5);
    await ours.stop();

    await child.end();
    const received = readFlv(saved);
    expectSame(received, sent.slice(0, received.length));
  });

  test('rtmp2sink publishes what ends up with our player', async (context) => {
    requiredFfmpeg(context);
    const program = await requiredElement(context, 'rtmp2sink');
    const ours = stopped(await startServer());
    const player = stopped(await startPlaying('cam', ours));

    const child = launch(
      program,
      `flvmux name=m streamable=true ! rtmp2sink location=${ours.url('live/cam')}`,
      `filesrc location=${SOURCE} ! flvdemux name=d`,
      'd.video ! queue ! h264parse ! m.video d.audio ! queue ! aacparse ! m.audio',
    );

    expect(await child.end()).toBe(0);
    await until('the end of the publish', () => ours.log.some((line) => line.msg === 'publish ended'));
    const frames = (packets: readonly Packet[], type: number) =>
      packets.filter((packet) => packet.type === type && packet.payload[1] === 1);
    for (const type of [VIDEO, AUDIO])
      expect(frames(player.media, type).length).toBeGreaterThanOrEqual(frames(sent, type).length - 1);
    expect(player.media.filter(isKeyframe)).toHaveLength(sent.filter(isKeyframe).length);
  });

  test.for(['on_connect', 'on_play'] as const)(
    'refused by %s prints the reason and ends',
    async (action, context) => {
      const program = await requiredElement(context, 'rtmp2src');
      const ours = stopped(await startRefusing(action, 'not a member'));

      const child = launch(program, `rtmp2src location=${ours.url('live/cam')} ! fakesink`);

      expect(await child.end()).not.toBe(0);
      expect(child.stderr).toContain('not a member');
    },
  );
});

describe('VLC', () => {
  /** VLC will not run as root, so root runs it as nobody. */
  function startVlc(context: TestContext, ...args: string[]): Child {
    const program = requiredProgram(context, 'cvlc');
    const home = stopped(temporaryDirectory());
    chmodSync(home.path, 0o777);
    const options = { env: { ...process.env, HOME: home.path }, cwd: home.path };
    const words = ['--intf', 'dummy', '--no-color', ...args, 'vlc://quit'];
    if (process.getuid?.() !== 0) return stopped(startChild(program, words, options));
    const setpriv = requiredProgram(context, 'setpriv');
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', program];
    return stopped(startChild(setpriv, [...nobody, ...words], options));
  }

  test('plays, and stores audio and video in a file that ffmpeg reads', async (context) => {
    requiredFfmpeg(context);
    const ours = stopped(await startServer());
    const shared = stopped(temporaryDirectory());
    chmodSync(shared.path, 0o777);
    const saved = shared.file('vlc.ts');
    const source = publishTo(ours.url('live/cam'), '-re', '-stream_loop', '3');
    await begun(ours, 'publish', 'cam');

    const vlc = startVlc(
      context,
      ...['--run-time=2', '--play-and-exit', ours.url('live/cam')],
      `--sout=#std{access=file,mux=ts,dst=${saved}}`,
    );

    expect(await vlc.end()).toBe(0);
    await source.stop();
    const read = stopped(startFfmpeg('-v', 'info', '-i', saved, '-f', 'null', '-'));
    expect(await read.end()).toBe(0);
    expect(read.stderr).toMatch(/Video: h264.*160x120/);
    expect(read.stderr).toMatch(/Audio: aac/);
  });

  test('refused by on_play prints the reason, gives up and does not come again', async (context) => {
    const ours = stopped(await startRefusing('on_play', 'not a member'));

    const vlc = startVlc(context, '--play-and-exit', ours.url('live/cam'));

    await vlc.end();
    expect(vlc.stderr).toContain('Server error: not a member');
    expect(ours.log.filter((line) => line.msg === 'connection closed')).toHaveLength(1);
  });
});
