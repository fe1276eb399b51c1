import { describe, expect, test } from 'vitest';
import { ALLOWED } from '../../src/model/authorization.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, PICTURE, PICTURE_HEARD, settled } from '../support/memory-server.ts';
import { PLAY, vhost } from '../support/options.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { call, flv, say } from '../support/say.ts';

describe('play', () => {
  test('is asked about, then answered with StreamBegin, Reset, Start and the picture', async () => {
    const { publishing, connected, gate } = openServer();
    (await publishing()).say(...PICTURE);
    const peer = await connected({ pageUrl: 'http://example.com/' });
    const before = peer.heard.length;
    peer.say(say.play('cam?token=t'));
    await peer.hear('video@1 40 f1');
    expect(gate.asked.at(-1)).toMatchObject({
      action: 'on_play',
      stream: 'cam',
      param: '?token=t',
      pageUrl: 'http://example.com/',
    });
    expect(peer.heard.slice(before)).toEqual([
      'control 0 1',
      'onStatus@1 NetStream.Play.Reset',
      'onStatus@1 NetStream.Play.Start',
      ...PICTURE_HEARD,
    ]);
  });

  test('says and shows nothing before every gate has answered', async () => {
    const { publishing, connected, gate } = openServer({ gate: new FakeGate().keepsWaiting('on_play') });
    (await publishing()).say(...PICTURE);
    const peer = await connected();
    const before = peer.heard;
    peer.say(say.play('cam'));
    const question = await gate.question();
    await settled();
    expect(peer.heard).toEqual(before);
    question.answer(ALLOWED);
    await peer.hear('video@1 40 f1');
  });

  test('that is refused gets Play.Failed with the gate\u2019s message, and the end, and no picture', async () => {
    const { publishing, connected } = openServer({
      gate: new FakeGate().answers('on_play', refused('Pay first.')),
    });
    (await publishing()).say(...PICTURE);
    const peer = await connected();
    peer.say(say.play('cam'));
    await peer.ended;
    expect(await peer.info('onStatus@1')).toEqual({
      level: 'error',
      code: 'NetStream.Play.Failed',
      description: 'Pay first.',
    });
    expect(peer.media).toEqual([]);
  });

  test.each([
    ['without a name', call(1, 'play', 4, null, '')],
    ['with no argument at all', call(1, 'play', 4)],
    ['on the connection itself', say.play('cam', 0)],
    ['of a path that climbs', say.play('../cam')],
  ])('%s is refused', async (_what, words) => {
    const { connected, gate } = openServer();
    const peer = await connected();
    peer.say(words);
    await peer.ended;
    expect(peer.heard.at(-1)).toContain('NetStream.Play.Failed');
    expect(gate.log.filter((line) => line.includes('on_play'))).toEqual([]);
  });

  test('on a message stream that publishes is refused', async () => {
    const { publishing } = openServer();
    const peer = await publishing();
    peer.say(say.play('other'));
    await peer.ended;
    expect(peer.heard.at(-1)).toBe('onStatus@1 NetStream.Play.Failed');
  });

  test('waits for a publisher that is not there, and for the next when that leaves', async () => {
    const { publishing, playing } = openServer();
    const player = await playing();
    const first = await publishing();
    first.say(...PICTURE);
    await player.hear('video@1 40 f1');
    first.say(say.deleteStream());
    await first.hear('onStatus@1 NetStream.Unpublish.Success');
    const second = await publishing();
    second.say(say.audio(flv.aac('next'), 0));
    await player.hear('audio@1 50 next');
  });

  const WAITS = [
    ['has unpublished', 5, (peer: RawPeer) => void peer.say(say.deleteStream())],
    ['has stopped by closeStream', 5, (peer: RawPeer) => void peer.say(say.closeStream())],
    [
      'has stopped by FCUnpublish',
      5,
      (peer: RawPeer) => void peer.say(call(0, 'FCUnpublish', 6, null, 'cam')),
    ],
    [
      'deletes its stream by name, as rtmp2sink does',
      5,
      (peer: RawPeer) => void peer.say(call(0, 'deleteStream', 0, null, 'cam')),
    ],
    ['has closed its connection without a word', 60, (peer: RawPeer) => void peer.stream.end()],
  ] as const;

  test.each(WAITS)(
    'of a publisher that %s is over after %d s: it is told so and closed',
    async (_how, seconds, leave) => {
      const server = openServer();
      const publisher = await server.publishing();
      const player = await server.playing();
      publisher.say(...PICTURE);
      await player.hear('video@1 40 f1');
      leave(publisher);
      await settled();
      const before = player.heard.length;
      server.clock.advance(seconds * 1000 - 1);
      await settled();
      expect(player.heard.slice(before)).toEqual([]);
      server.clock.advance(1);
      await player.ended;
      expect(player.heard.slice(before)).toEqual([
        'control 1 1',
        'onStatus@1 NetStream.Play.UnpublishNotify',
        'onStatus@1 NetStream.Play.Stop',
      ]);
      expect(server.gate.log).toEqual(
        expect.arrayContaining(['tell on_stop cam unpublish', 'tell on_close live unpublish']),
      );
    },
  );

  test('goes on when the publisher is back in time, and waits anew when that leaves', async () => {
    const server = openServer();
    const first = await server.publishing();
    const player = await server.playing();
    first.say(...PICTURE, say.deleteStream());
    await first.hear('onStatus@1 NetStream.Unpublish.Success');
    server.clock.advance(4_000);
    const second = await server.publishing();
    second.say(...PICTURE);
    await server.seconds(20, () => second.say(say.audio(flv.aac('s'), 90)));
    expect(player.isOver).toBe(false);
    second.say(say.deleteStream());
    await second.hear('onStatus@1 NetStream.Unpublish.Success');
    server.clock.advance(4_999);
    await settled();
    expect(player.isOver).toBe(false);
    server.clock.advance(1);
    await player.ended;
  });

  test('of who came after the publisher had left waits for the next one, however long', async () => {
    const server = openServer();
    const publisher = await server.publishing();
    const before = await server.playing();
    publisher.say(...PICTURE, say.deleteStream());
    await publisher.hear('onStatus@1 NetStream.Unpublish.Success');
    const after = await server.playing();
    await server.seconds(200);
    expect([before.isOver, after.isOver]).toEqual([true, false]);
    const next = await server.publishing();
    next.say(say.audio(flv.aac('next'), 0));
    await after.hear('audio@1 50 next');
  });

  test('waits for as long as the client likes where unpublish_wait is never', async () => {
    const server = openServer({ vhosts: [vhost({ play: { ...PLAY, unpublishWaitMs: 'never' } })] });
    const publisher = await server.publishing();
    const player = await server.playing();
    publisher.say(...PICTURE, say.deleteStream());
    await server.seconds(500);
    expect(player.isOver).toBe(false);
  });

  test('that is over leaves a connection alone on which another one goes on', async () => {
    const server = openServer();
    const publisher = await server.publishing();
    const other = await server.publishing('other');
    const player = await server.playing();
    player.say(say.createStream(5), say.play('other', 2));
    await player.hear('onStatus@2 NetStream.Play.Start');
    publisher.say(...PICTURE, say.deleteStream());
    await publisher.hear('onStatus@1 NetStream.Unpublish.Success');
    server.clock.advance(5_000);
    await player.hear('onStatus@1 NetStream.Play.Stop');
    other.say(say.audio(flv.aac('on'), 0));
    await player.hear('audio@2 0 on');
    expect(player.isOver).toBe(false);
    player.say(say.play('cam', 1));
    await player.hear('onStatus@1 NetStream.Play.Start');
  });

  test('gets nothing of another stream', async () => {
    const { publishing, playing } = openServer();
    const player = await playing('cam');
    const other = await publishing('other');
    other.say(...PICTURE);
    await settled();
    expect(player.media).toEqual([]);
  });

  test('on a second message stream has that id on everything', async () => {
    const { publishing, connected } = openServer();
    (await publishing()).say(...PICTURE);
    const peer = await connected();
    peer.say(say.createStream(5), say.play('cam', 2));
    await peer.hear('video@2 40 f1');
    expect(peer.heard.filter((line) => line.startsWith('onStatus@'))).toEqual([
      'onStatus@2 NetStream.Play.Reset',
      'onStatus@2 NetStream.Play.Start',
    ]);
    expect(peer.heard).toContain('control 0 2');
  });
});

describe('a player', () => {
  test('that pauses gets nothing, and goes on with the newest picture', async () => {
    const { publishing, playing } = openServer();
    const publisher = await publishing();
    const player = await playing();
    publisher.say(...PICTURE);
    await player.hear('video@1 40 f1');
    player.say(call(1, 'pause', 0, null, true, 0));
    await player.hear('onStatus@1 NetStream.Pause.Notify');
    expect(player.heard).toContain('control 1 1');
    publisher.say(say.video(flv.keyframe('k2'), 80), say.video(flv.frame('f2'), 120));
    await settled();
    const before = player.media.length;
    expect(player.media.at(-1)).toBe('video@1 40 f1');
    player.say(call(1, 'pause', 0, null, true, 0), call(1, 'pause', 0, null, false, 0));
    await player.hear('onStatus@1 NetStream.Unpause.Notify');
    await player.hear('video@1 120 f2');
    expect(player.media.slice(before)).toEqual([
      'video@1 80 avc',
      'audio@1 80 aac',
      'video@1 80 k2',
      'video@1 120 f2',
    ]);
  });

  test('that resumes without having paused misses and repeats nothing', async () => {
    const { publishing, playing } = openServer();
    const publisher = await publishing();
    const player = await playing();
    player.say(call(1, 'pause', 0, null, false, 0));
    publisher.say(...PICTURE);
    await player.hear('video@1 40 f1');
    expect(player.media).toEqual(PICTURE_HEARD);
  });

  test('may have the sound off, or the picture, and on again', async () => {
    const { publishing, playing } = openServer();
    const publisher = await publishing();
    const player = await playing();
    player.say(call(1, 'receiveAudio', 0, null, false));
    await settled();
    publisher.say(...PICTURE);
    await player.hear('video@1 40 f1');
    expect(player.media).toEqual(PICTURE_HEARD.filter((line) => line.startsWith('video')));
    player.say(call(1, 'receiveVideo', 0, null, false), call(1, 'receiveAudio', 0, null, true));
    await settled();
    const before = player.media.length;
    publisher.say(say.video(flv.keyframe('k3'), 80), say.audio(flv.aac('s3'), 90));
    await player.hear('audio@1 90 s3');
    expect(player.media.slice(before)).toEqual(['audio@1 90 s3']);
    player.say(call(1, 'receiveVideo', 0, null, true), call(1, 'receiveVideo', 0, null, 'maybe'));
    await player.hear('video@1 80 k3');
  });

  test('that switches the sound off while paused comes back without it', async () => {
    const { publishing, playing } = openServer();
    const publisher = await publishing();
    const player = await playing();
    player.say(call(1, 'pause', 0, null, true, 0), call(1, 'receiveAudio', 0, null, false));
    await player.hear('onStatus@1 NetStream.Pause.Notify');
    publisher.say(...PICTURE);
    await settled();
    expect(player.media).toEqual([]);
    player.say(call(1, 'pause', 0, null, false, 0));
    await player.hear('video@1 40 f1');
    expect(player.media.filter((line) => line.startsWith('audio'))).toEqual([]);
  });

  test('is not what pause and receiveAudio of a publisher or of nobody mean', async () => {
    const { publishing } = openServer();
    const peer = await publishing();
    const before = peer.heard.length;
    peer.say(call(1, 'pause', 0, null, true, 0), call(1, 'receiveAudio', 0, null, false));
    peer.say(call(2, 'pause', 0, null, true, 0), call(2, 'receiveVideo', 0, null, false), say.ping(1));
    await peer.hear('control 7 1');
    expect(peer.heard.slice(before)).toEqual(['control 7 1']);
  });

  test('that closes its stream hears Play.Stop and nothing after it', async () => {
    const { publishing, playing } = openServer();
    const publisher = await publishing();
    const player = await playing();
    player.say(say.closeStream());
    await player.hear('onStatus@1 NetStream.Play.Stop');
    publisher.say(...PICTURE);
    await settled();
    expect(player.media).toEqual([]);
  });
});
