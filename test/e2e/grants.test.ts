import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild } from '../support/child.ts';
import { ffmpegPath, KNOWN_SOON, makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { fingerprintsOf, readFlv, VIDEO } from '../support/flv-file.ts';
import { startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { requiredProgram } from '../support/requires.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { connectWhere, following, opening, Received } from '../support/workers.ts';

const files = temporaryDirectory();
const SOURCE = files.file('source.flv');
const LONG = files.file('long.flv');

beforeAll(() => {
  if (ffmpegPath === undefined) return;
  makeFlv(SOURCE, { seconds: 2 });
  makeFlv(LONG, { seconds: 30, audio: false });
});
afterAll(() => files.stop());

const grant = (data: object) => JSON.stringify({ code: 0, data });

/** A server whose clients' events go to one backend, under any directives. */
async function open({ directives = '', hooks = '', vhost = '' } = {}) {
  const backends = stopped(await startBackends('b'));
  const origin = backends.at['b'] ?? '';
  const more = (actions: readonly string[]) => actions.map((action) => `${action} ${origin}/${action};`);
  const extra = `${more(['on_update', 'on_publish_busy', 'on_not_found', 'on_idle']).join(' ')} ${hooks}`;
  const server = stopped(
    await startGatecast(
      `${directives} vhost __defaultVhost__ { ${vhost} ${hooksTo([origin], 'hook', extra)} }`,
    ),
  );
  const actions = (action: string) => backends.posts.filter((post) => post.action === action);
  return { backends, server, actions };
}

const publish = (url: string, file: string, ...pace: readonly string[]) =>
  stopped(startFfmpeg(...pace, '-i', file, '-c', 'copy', '-f', 'flv', url));

describe('ffmpeg', () => {
  test('publishes live/secret, and another one saves live/alice', async (context) => {
    requiredFfmpeg(context);
    const { backends, server } = await open();
    backends.reply('b', 'on_publish', grant({ stream: 'alice' }));
    const saved = files.file('alice.flv');
    const player = stopped(
      startFfmpeg(...KNOWN_SOON, '-i', server.url('live/alice'), '-c', 'copy', '-f', 'flv', saved),
    );
    await server.logged('play started', { stream: 'alice' });

    const publisher = publish(server.url('live/secret'), SOURCE);

    expect(await publisher.end()).toBe(0);
    const [ended] = await backends.received(1, 'on_unpublish');
    expect(ended?.body).toMatchObject({ stream: 'alice', reason: 'client' });
    await server.child.stop();
    await player.end();
    expect(fingerprintsOf(VIDEO, readFlv(saved))).toEqual(fingerprintsOf(VIDEO, readFlv(SOURCE)));
    expect(JSON.stringify(server.log)).toContain('alice');
    expect(JSON.stringify(server.log)).not.toContain('secret');
  });

  test('that is welcome elsewhere shows where', async (context) => {
    requiredFfmpeg(context);
    const { backends, server } = await open();
    backends.reply('b', 'on_connect', grant({ redirect: 'rtmp://other.example/live/cam' }));
    const publisher = publish(server.url('live/cam'), SOURCE);
    expect(await publisher.end()).not.toBe(0);
    expect(publisher.stderr).toContain('go to rtmp://other.example/live/cam');
  });

  test('that froze is replaced by one that the backend lets take over, and its players stay', async (context) => {
    requiredFfmpeg(context);
    const { backends, server, actions } = await open();
    backends.reply('b', 'on_publish_busy', grant({ takeover: true }));
    const player = stopped(await startPlaying('cam', server));
    const old = publish(server.url('live/cam?token=old'), LONG, '-re');
    await player.hasMedia(5);
    old.kill('SIGSTOP');

    const newer = publish(server.url('live/cam?token=new'), SOURCE);

    expect(await newer.end()).toBe(0);
    await player.hasMedia(5 + readFlv(SOURCE).length);
    await backends.received(2, 'on_unpublish');
    expect(actions('on_unpublish').map(({ body }) => [body['param'], body['reason']])).toEqual([
      ['?token=old', 'kicked'],
      ['?token=new', 'client'],
    ]);
    expect(actions('on_publish_busy').map(({ body }) => body['param'])).toEqual(['?token=new']);
    expect(backends.order.filter((line) => line.endsWith('publish'))).toEqual([
      'b on_publish',
      'b on_unpublish',
      'b on_publish',
      'b on_unpublish',
    ]);
  });

  test('that sends more than it may is closed, and shows how much that was', async (context) => {
    requiredFfmpeg(context);
    const { backends, server } = await open();
    backends.reply('b', 'on_publish', grant({ max_bitrate: 20 }));
    const publisher = publish(server.url('live/cam'), LONG, '-readrate', '4');
    const line = await server.logged('connection closed', { reason: 'limit' });
    expect(line['why']).toMatch(/^The publisher sent \d+ kbit\/s over \d+ s; 20 kbit\/s are granted\.$/);
    expect(await publisher.end()).not.toBe(0);
    const [ended] = await backends.received(1, 'on_unpublish');
    expect(ended?.body).toMatchObject({ reason: 'limit' });
  });

  test('that is not welcome any more is shown out, and shows why', async (context) => {
    requiredFfmpeg(context);
    const { backends, server } = await open();
    backends.reply('b', 'on_play', grant({ recheck: 1 }));
    backends.reply('b', 'on_update', JSON.stringify({ code: 7, message: 'your ticket is over' }));
    publish(server.url('live/cam'), LONG, '-re');
    await server.logged('publish started');
    const player = stopped(startFfmpeg(...KNOWN_SOON, '-i', server.url('live/cam'), '-f', 'null', '-'));
    const [update] = await backends.received(1, 'on_update');
    expect(update?.body).toMatchObject({ role: 'play', stream: 'cam' });
    await player.end();
    expect(player.stderr).toContain('your ticket is over');
    const [ended] = await backends.received(1, 'on_stop');
    expect(ended?.body).toMatchObject({ reason: 'kicked' });
  });
});

test('rtmpdump that is welcome elsewhere shows where', async (context) => {
  const program = requiredProgram(context, 'rtmpdump');
  const { backends, server } = await open();
  backends.reply('b', 'on_connect', grant({ redirect: 'rtmp://other.example/live/cam' }));
  const player = stopped(
    startChild(program, ['-V', '-r', server.url('live/cam'), '-o', files.file('no.flv')]),
  );
  expect(await player.end()).not.toBe(0);
  expect(player.stderr).toContain('rtmp://other.example/live/cam');
});

test('on_not_found and on_idle tell of a player that waits and of the last one that leaves', async () => {
  const { backends, server } = await open();
  const player = stopped(await startPlaying('cam', server));
  const [missing] = await backends.received(1, 'on_not_found');
  expect(missing?.body).toMatchObject({ app: 'live', stream: 'cam', ip: '127.0.0.1' });
  stopped(await startPublishing('cam', server));
  player.stop();
  const [idle] = await backends.received(1, 'on_idle');
  expect(idle?.body).toMatchObject({ vhost: '__defaultVhost__', app: 'live', stream: 'cam' });
  expect(backends.posts.filter(({ action }) => action === 'on_not_found')).toHaveLength(1);
});

describe('several workers', () => {
  const anywhere = () => true;
  const notIn = (worker: number) => (other: number) => other !== worker;

  test('a stream of another worker is found, and idle when its last player there has left', async () => {
    // The publisher sends nothing more, and has to outlast the relay.
    const vhost = 'publish { normal_timeout 600000; }';
    const { backends, server, actions } = await open({ directives: 'workers 2;', vhost });
    const publisher = await connectWhere(server, anywhere);
    const streamId = await publisher.session.publish('cam');
    publisher.session.send(...opening(streamId));
    const player = await connectWhere(server, notIn(publisher.worker));
    const received = new Received();
    await player.session.play('cam', received.take);
    await received.has(3);
    const waiting = await connectWhere(server, notIn(publisher.worker));
    await waiting.session.play('nowhere', () => undefined);
    await backends.received(1, 'on_not_found');
    player.session.close();
    await backends.received(1, 'on_idle');
    expect(actions('on_not_found').map(({ body }) => body['stream'])).toEqual(['nowhere']);
    expect(actions('on_idle').map(({ body }) => body['stream'])).toEqual(['cam']);
  });

  test('a publisher in another worker takes the stream over, and the players stay', async () => {
    const { backends, server, actions } = await open({ directives: 'workers 2;' });
    backends.reply('b', 'on_publish_busy', grant({ takeover: true }));
    const old = await connectWhere(server, anywhere);
    const streamId = await old.session.publish('cam');
    const player = await connectWhere(server, anywhere);
    const received = new Received();
    await player.session.play('cam', received.take);
    old.session.send(...opening(streamId), ...following(streamId, 40));
    await received.has(43);
    const newer = await connectWhere(server, notIn(old.worker));
    const again = await newer.session.publish('cam');
    await old.session.closed;
    expect(old.session.lastStatus?.description).toBe('A newer publisher took over the stream.');
    newer.session.send(...opening(again), ...following(again, 40));
    await received.has(86);
    await backends.received(1, 'on_unpublish');
    expect(actions('on_unpublish')[0]?.body).toMatchObject({ reason: 'kicked' });
  });

  test('max_viewers counts the players of all workers, and a key is one publisher in all of them', async () => {
    const { backends, server, actions } = await open({ directives: 'workers 2;' });
    backends.reply('b', 'on_publish', grant({ stream: 'alice', max_viewers: 2 }));
    const publisher = await connectWhere(server, anywhere);
    await publisher.session.publish('secret');
    const far = notIn(publisher.worker);
    await expect((await connectWhere(server, far)).session.publish('secret')).rejects.toMatchObject({
      code: 'NetStream.Publish.BadName',
    });
    expect(actions('on_publish')).toHaveLength(1);
    const first = await connectWhere(server, far);
    await first.session.play('alice', () => undefined);
    const beside = await connectWhere(server, (worker) => worker === publisher.worker);
    await beside.session.play('alice', () => undefined);
    for (const isRight of [far, (worker: number) => worker === publisher.worker]) {
      const third = await connectWhere(server, isRight);
      await expect(third.session.play('alice', () => undefined)).rejects.toThrow(
        'the stream has reached its limit of 2 viewers',
      );
    }
    first.session.close();
    await backends.received(3, 'on_stop');
    const next = await connectWhere(server, far);
    await next.session.play('alice', () => undefined);
  });
});
