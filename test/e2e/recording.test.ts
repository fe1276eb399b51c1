import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ffmpegPath, frameHashes, makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { type Packet, readFlv } from '../support/flv-file.ts';
import { answers } from '../support/free-port.ts';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import { type Post, startBackends } from '../support/hook-backends.ts';
import { picture } from '../support/picture.ts';
import { required } from '../support/requires.ts';
import { type PublishingClient, startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { connectWhere } from '../support/workers.ts';

/** A backend, a directory for recordings, and the configuration that names both. */
async function studio(directory = stopped(temporaryDirectory())) {
  const backends = stopped(await startBackends('b'));
  const { path, file } = directory;
  const hooks = `http_hooks { enabled on; on_dvr ${backends.at['b']}/dvr; on_publish ${backends.at['b']}/publish; }`;
  const conf = (first = '', dvr = '', paths = ['flv', 'mp4']) => {
    const names = paths.map((ending) => `${path}/rec/[stream].${ending}`).join(' ');
    return `state_dir ${stateDir}; ${first} vhost __defaultVhost__ { dvr { enabled on; dvr_path ${names}; ${dvr} } ${hooks} }`;
  };
  const stateDir = stopped(temporaryDirectory()).file('objs');
  return {
    backends,
    conf,
    file,
    /** What was told of recordings, each file once. */
    told: () => backends.posts.filter(({ action }) => action === 'on_dvr'),
    /** Recordings, but not the hidden list that keeps them back. */
    names: () =>
      existsSync(file('rec'))
        ? readdirSync(file('rec'))
            .filter((name) => !name.startsWith('.'))
            .sort()
        : [],
  };
}

const bodiesOf = (posts: readonly Post[]) =>
  posts.map(({ body }) => body).sort((a, b) => String(a['file']).localeCompare(String(b['file'])));

/** What ffmpeg has to say of a file that it decodes to its end, and when it begins in the middle. */
function complaints(file: string): string {
  const decode = (...args: string[]) =>
    spawnSync(ffmpegPath ?? 'ffmpeg', ['-v', 'warning', '-xerror', ...args], { encoding: 'utf8' });
  const whole = decode('-i', file, '-f', 'null', '-');
  const later = decode('-ss', '1.5', '-i', file, '-an', '-frames:v', '1', '-f', 'framemd5', '-');
  const seen = /^0,/m.test(later.stdout) ? '' : 'no picture behind a seek';
  return [whole.stderr, later.stderr, seen].join('');
}

const packetsOf = (file: string) =>
  frameHashes(file)
    .map(({ stream, size, hash }) => `${stream} ${size} ${hash}`)
    .sort();

/** Sends the packets of a file, and waits until they are in the recordings of the stream. */
async function publishFile(server: GatecastProcess, packets: readonly Packet[]): Promise<PublishingClient> {
  const publisher = stopped(await startPublishing('cam', server));
  publisher.send(...packets);
  return publisher;
}

async function crash(server: GatecastProcess): Promise<void> {
  server.child.kill('SIGKILL');
  await server.child.exited;
  await until('the end of all its processes', async () => !(await answers(server.port)));
}

test('what ffmpeg publishes is recorded as FLV and as MP4, which ffmpeg decodes without a word', async (context) => {
  requiredFfmpeg(context);
  const { conf, file, told, names } = await studio();
  makeFlv(file('in.flv'), { seconds: 4 });
  const server = stopped(await startGatecast(conf()));
  await startFfmpeg('-i', file('in.flv'), '-c', 'copy', '-f', 'flv', server.url('live/cam')).end();
  await until('both files', () => told().length === 2);
  expect(names()).toEqual(['cam.flv', 'cam.mp4']);
  for (const name of ['cam.flv', 'cam.mp4']) {
    expect(complaints(file(`rec/${name}`))).toBe('');
    expect(packetsOf(file(`rec/${name}`))).toEqual(packetsOf(file('in.flv')));
  }
  for (const body of bodiesOf(told())) {
    expect(body).toMatchObject({
      app: 'live',
      stream: 'cam',
      reason: 'unpublish',
      file_id: body['event_id'],
    });
    expect(body['bytes']).toBe(statSync(String(body['file'])).size);
    expect(Math.abs(Number(body['duration_ms']) - 4000)).toBeLessThan(200);
  }
});

test('after kill -9 both files play to their last write, and each is told of once', async (context) => {
  requiredFfmpeg(context);
  const { conf, file, told, names } = await studio();
  makeFlv(file('in.flv'), { seconds: 6 });
  const server = stopped(await startGatecast(conf()));
  await publishFile(server, readFlv(file('in.flv')));
  await until('something in both files', () =>
    ['flv', 'mp4'].every(
      (ending) =>
        names().includes(`cam.${ending}.tmp`) && statSync(file(`rec/cam.${ending}.tmp`)).size > 10_000,
    ),
  );
  await crash(server);
  const second = stopped(await startGatecast(conf()));
  await until('both files', () => told().length === 2);
  expect(names()).toEqual(['cam.flv', 'cam.mp4']);
  for (const name of names()) expect(complaints(file(`rec/${name}`))).toBe('');
  await second.stop();
  const third = stopped(await startGatecast(conf()));
  await third.stop();
  const bodies = bodiesOf(told());
  expect(bodies.map(({ reason }) => reason)).toEqual(['server_restart', 'server_restart']);
  expect(new Set(bodies.map(({ file_id }) => file_id)).size).toBe(2);
  expect(bodies.map((body) => statSync(String(body['file'])).size)).toEqual(bodies.map(({ bytes }) => bytes));
});

test('a stop finishes the files and tells of them', async () => {
  const { conf, told, names } = await studio();
  const server = stopped(await startGatecast(conf('', '', ['flv'])));
  await publishFile(server, picture.stream(40));
  server.child.kill('SIGTERM');
  expect(await server.child.end()).toBe(0);
  expect(names()).toEqual(['cam.flv']);
  expect(told()).toHaveLength(1);
});

test('a backend that says "record": false has its stream left out', async () => {
  const { conf, told, backends, names } = await studio();
  backends.reply('b', 'on_publish', '{"code":0,"data":{"record":false}}');
  const server = stopped(await startGatecast(conf('', '', ['flv'])));
  const left = await publishFile(server, picture.stream(40));
  left.stop();
  await server.logged('publish ended');
  backends.reply('b', 'on_publish', '0');
  const taken = await publishFile(server, picture.stream(40));
  taken.stop();
  await until('the file', () => told().length === 1);
  expect(names()).toEqual(['cam.flv']);
});

test('a disk that is full costs the recording and not the stream', async (context) => {
  const directory = temporaryDirectory();
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory.path]);
  stopped({
    stop() {
      spawnSync('umount', ['-l', directory.path]);
      directory.stop();
    },
  });
  required(context, mount.status === 0 || undefined, 'no tmpfs can be mounted here to be filled');
  const { conf, told, file } = await studio(directory);
  const server = stopped(await startGatecast(conf('', '', ['flv'])));
  const publisher = stopped(await startPublishing('cam', server));
  const player = stopped(await startPlaying('cam', server));
  publisher.send(picture.videoHeader());
  /** Sends 24 frames of 60 kB and waits until the player has the last of them. */
  const sendMore = async (round: number) => {
    const frames = Array.from({ length: 24 }, (_, i) => picture.keyframe((round * 24 + i) * 40, 60_000));
    publisher.send(...frames);
    const last = frames.at(-1)?.timestamp;
    await until('the last frame', () => player.media.at(-1)?.timestamp === last);
  };
  for (let round = 0; round < 4; round++) await sendMore(round);
  await server.logged('recording stopped, stream continues', { why: /ENOSPC|no space/ });
  await until('the file', () => told().length === 1);
  const [body] = bodiesOf(told());
  expect(body).toMatchObject({ reason: 'disk_full', bytes: statSync(file('rec/cam.flv')).size });
  expect(readFlv(file('rec/cam.flv')).length).toBeGreaterThan(20);
  await sendMore(4);
  publisher.stop();
  await server.logged('publish ended');
  expect(told()).toHaveLength(1);
});

test('of workers each records what is published there, and what a killed one has left is finished', async () => {
  const { conf, told, names, file } = await studio();
  const server = stopped(await startGatecast(conf('workers 2;', '', ['flv'])));
  const publish = async (name: string, isRight: (worker: number) => boolean) => {
    const client = await connectWhere(server, isRight);
    const streamId = await client.session.publish(name);
    client.session.send(...picture.stream(60).map((packet) => ({ ...packet, csid: 6, streamId })));
    await until(
      `${name}.flv.tmp`,
      () => (statSync(file(`rec/${name}.flv.tmp`), { throwIfNoEntry: false })?.size ?? 0) > 100_000,
    );
    return client;
  };
  const lost = await publish('lost', () => true);
  const kept = await publish('kept', (worker) => worker !== lost.worker);
  const { pid } = await server.logged('worker started', { worker: lost.worker });
  process.kill(Number(pid), 'SIGKILL');
  await until('the file of the killed worker', () => told().length === 1);
  expect(names()).toEqual(['kept.flv.tmp', 'lost.flv']);
  kept.session.close();
  await until('the other file', () => told().length === 2);
  expect(bodiesOf(told()).map(({ stream, reason }) => [stream, reason])).toEqual([
    ['kept', 'unpublish'],
    ['lost', 'server_restart'],
  ]);
  await server.stop();
  expect(told()).toHaveLength(2);
});
