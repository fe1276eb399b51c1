import { describe, expect, test } from 'vitest';
import { ALLOWED } from '../../src/model/authorization.ts';
import { MAX_EARLY_BYTES } from '../../src/rtmp/connection.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, PICTURE, PICTURE_HEARD, settled } from '../support/memory-server.ts';
import { vhost } from '../support/options.ts';
import { call, flv, say, setDataFrame } from '../support/say.ts';
import { amf, be, cat, message } from '../support/wire.ts';

describe('publish', () => {
  test('is asked about with stream and param, and answered with Publish.Start', async () => {
    const { connected, gate } = openServer();
    const peer = await connected({ tcUrl: 'rtmp://10.0.0.1/live?a=1', app: 'live?a=1' });
    peer.say(say.publish('cam?token=t'));
    await peer.hear('onStatus@1');
    expect(gate.asked[1]).toMatchObject({
      action: 'on_publish',
      vhost: '__defaultVhost__',
      app: 'live',
      stream: 'cam',
      param: '?token=t&a=1',
    });
    expect(peer.heard.slice(-2)).toEqual([
      'onFCPublish 0 NetStream.Publish.Start',
      'onStatus@1 NetStream.Publish.Start',
    ]);
    expect(await peer.info('onStatus@1')).toMatchObject({
      level: 'status',
      clientid: gate.asked[1]?.client.id,
    });
  });

  test('that is refused gets Publish.Denied with the gate\u2019s message, and the end', async () => {
    const { connected, hub } = openServer({
      gate: new FakeGate().answers('on_publish', refused('Your key is stale.')),
    });
    const peer = await connected();
    peer.say(say.publish('cam'));
    await peer.ended;
    expect(peer.heard.at(-1)).toBe('onStatus@1 NetStream.Publish.Denied');
    expect(await peer.info('onStatus@1')).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'Your key is stale.',
    });
    expect(hub.streams).toBe(0);
  });

  test('hears nothing before the gate has answered', async () => {
    const { connected, gate } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const peer = await connected();
    const before = peer.heard;
    peer.say(say.publish('cam'), say.ping(1));
    const question = await gate.question();
    await settled();
    expect(peer.heard).toEqual(before);
    question.answer(ALLOWED);
    await peer.hear('control 7 1');
    expect(peer.heard.slice(before.length)).toEqual([
      'onFCPublish 0 NetStream.Publish.Start',
      'onStatus@1 NetStream.Publish.Start',
      'control 7 1',
    ]);
  });

  test('of a name that is on air is BadName; the first goes on and the backend is not asked', async () => {
    const { publishing, connected, playing, gate } = openServer();
    const first = await publishing();
    const player = await playing();
    const second = await connected();
    second.say(say.publish('cam'));
    await second.ended;
    expect(await second.info('onStatus@1')).toMatchObject({
      code: 'NetStream.Publish.BadName',
      description: 'the stream is already being published',
    });
    await settled();
    first.say(...PICTURE);
    await player.hear(PICTURE_HEARD.at(-1) ?? '');
    expect(gate.asked.filter(({ action }) => action === 'on_publish')).toHaveLength(1);
    expect(gate.told.map(({ action }) => action)).toEqual(['on_close']);
  });

  test('of a name that somebody else is being asked about is BadName too, and free after a refusal', async () => {
    const { connected, gate } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const [first, second, third] = [await connected(), await connected(), await connected()];
    first.say(say.publish('cam'));
    const question = await gate.question();
    second.say(say.publish('cam'));
    await second.hear('onStatus@1 NetStream.Publish.BadName');
    question.answer(refused('no'));
    await first.ended;
    third.say(say.publish('cam'));
    (await gate.question()).answer(ALLOWED);
    await third.hear('onStatus@1 NetStream.Publish.Start');
  });

  test.each([
    ['without a name', call(1, 'publish', 3, null, ''), 'NetStream.Publish.BadName'],
    ['with a number for a name', call(1, 'publish', 3, null, 7), 'NetStream.Publish.BadName'],
    ['on the connection itself', say.publish('cam', 0), 'NetStream.Publish.BadName'],
    ['on a message stream beyond all', say.publish('cam', 9), 'NetStream.Publish.BadName'],
    ['to another vhost than the one named', say.publish('cam?vhost=a&vhost=b'), 'NetStream.Publish.Denied'],
  ])('%s is refused', async (_what, words, code) => {
    const { connected, gate } = openServer();
    const peer = await connected();
    peer.say(words);
    await peer.ended;
    expect(peer.heard.at(-1)).toContain(code);
    expect(gate.log.filter((line) => line.includes('on_publish'))).toEqual([]);
  });

  test('on a message stream that publishes or plays already is refused', async () => {
    for (const words of [say.publish('cam'), say.play('cam')]) {
      const { connected } = openServer();
      const peer = await connected();
      peer.say(words);
      await peer.hear('onStatus@1');
      peer.say(say.publish('other'));
      await peer.ended;
      expect(peer.heard.at(-1)).toBe('onStatus@1 NetStream.Publish.BadName');
    }
  });

  test('into another vhost asks that vhost\u2019s on_connect first', async () => {
    const { connected, gate } = openServer({ vhosts: [vhost(), vhost({ name: 'v' })] });
    const peer = await connected();
    peer.say(say.publish('cam?vhost=v&token=t'));
    await peer.hear('onStatus@1 NetStream.Publish.Start');
    expect(gate.asked.map((event) => `${event.action} ${event.vhost} ${event.stream}`)).toEqual([
      'on_connect __defaultVhost__ ',
      'on_connect v cam',
      'on_publish v cam',
    ]);
  });

  test('into another vhost whose on_connect refuses is denied', async () => {
    const gate = new FakeGate();
    const { connected } = openServer({ gate, vhosts: [vhost(), vhost({ name: 'v' })] });
    const peer = await connected();
    gate.answers('on_connect', refused('not in v'));
    peer.say(say.publish('cam?vhost=v'));
    expect(await peer.info('onStatus@1 NetStream.Publish.Denied')).toMatchObject({ description: 'not in v' });
  });

  test('under a message stream that was guessed instead of created is let be', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    peer.shakeHands().say(say.connect(), say.publish('cam', 1));
    await peer.hear('onStatus@1 NetStream.Publish.Start');
  });
});

describe('FCUnpublish', () => {
  test.each(['cam', 'cam?token=t', 'live/cam'])('of %s ends the publish and says so', async (name) => {
    const { publishing, gate, hub } = openServer();
    const peer = await publishing();
    const before = peer.heard.length;
    peer.say(call(0, 'FCUnpublish', 5, null, name));
    await peer.hear('onStatus@1 NetStream.Unpublish.Success');
    expect(peer.heard.slice(before)).toEqual([
      'onFCUnpublish 0 NetStream.Unpublish.Success',
      '_result 5',
      'onStatus@1 NetStream.Unpublish.Success',
    ]);
    expect(gate.told.map(({ action }) => action)).toEqual(['on_unpublish']);
    expect(hub.streams).toBe(0);
  });

  test('of something that is not published is answered and ends nothing', async () => {
    const { publishing, gate } = openServer();
    const peer = await publishing();
    peer.say(call(0, 'FCUnpublish', 5, null, 'other'), call(0, 'FCUnpublish', 6, null, null));
    await peer.hear('_result 6');
    expect(gate.told).toEqual([]);
  });
});

describe('media that comes before the answer', () => {
  test('waits, and is taken in order when the answer is yes', async () => {
    const { playing, connected, gate } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const player = await playing();
    const peer = await connected();
    peer.say(say.publish('cam'), ...PICTURE);
    const question = await gate.question();
    await settled();
    expect(player.media).toEqual([]);
    question.answer(ALLOWED);
    await player.hear('video@1 40 f1');
    expect(player.media).toEqual(PICTURE_HEARD);
  });

  test('is read no further than the cap, and all of it arrives in the end', async () => {
    const { playing, connected, gate } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const player = await playing();
    const peer = await connected();
    peer.say(say.publish('cam'));
    const question = await gate.question();
    const count = 40;
    const size = 100_000;
    for (let i = 0; i < count; i++) peer.say(say.audio(cat(flv.aac(`n${i}`), Buffer.alloc(size)), i));
    await settled();
    const read = count * size - peer.stream.writableLength;
    expect(read).toBeGreaterThan(MAX_EARLY_BYTES);
    expect(read).toBeLessThan(MAX_EARLY_BYTES + 4 * size);
    question.answer(ALLOWED);
    await player.hear(`audio@1 ${count - 1} n${count - 1}`);
    expect(player.media).toEqual(Array.from({ length: count }, (_, i) => `audio@1 ${i} n${i}`));
  });

  test('is nothing to anybody when the answer is no', async () => {
    const { connected, gate, hub } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const peer = await connected();
    peer.say(say.publish('cam'), ...PICTURE);
    (await gate.question()).answer(refused('no'));
    await peer.ended;
    expect(hub.streams).toBe(0);
  });

  test('and comes for no stream, or before publish, is ignored', async () => {
    const { playing, connected } = openServer();
    const player = await playing();
    const peer = await connected();
    peer.say(
      ...PICTURE,
      say.publish('cam'),
      say.audio(flv.aac('other'), 0, 2),
      say.audio(flv.aac('mine'), 1),
    );
    await player.hear('audio@1 1 mine');
    expect(player.media).toEqual(['audio@1 1 mine']);
  });
});

describe('what a publisher sends', () => {
  test('reaches players byte for byte, in chunks of the vhost\u2019s size', async () => {
    const { publishing, playing } = openServer({ vhosts: [vhost({ chunkSize: 200 })] });
    const player = await playing();
    const peer = await publishing();
    const payload = cat(flv.keyframe(''), Buffer.alloc(1000, 0x5a));
    peer.say(say.video(payload, 0x1234567));
    const heard = await player.hear('video@1');
    expect(heard.payload).toEqual(payload);
    expect(heard.timestamp).toBe(0x1234567);
    expect(player.heard).toContain('chunk size 200');
  });

  test('as @setDataFrame reaches present and later players as onMetaData', async () => {
    const { publishing, playing } = openServer();
    const present = await playing();
    const peer = await publishing();
    const metadata = flv.metadata('obs');
    peer.say(say.data(setDataFrame(metadata), 0), ...PICTURE);
    const { payload, type } = await present.hear('data@1');
    expect([type, payload]).toEqual([18, metadata]);
    const joiner = await playing();
    await joiner.hear('video@1 40 f1');
    expect((await joiner.hear('data@1')).payload).toEqual(metadata);
    expect(joiner.media.slice(1)).toEqual(PICTURE_HEARD);
  });

  test('as AMF3 data is metadata as well', async () => {
    const { publishing, playing } = openServer();
    const peer = await publishing();
    const payload = cat([0], setDataFrame(flv.metadata()));
    peer.say(message({ csid: 5, type: 15, streamId: 1, payload }), ...PICTURE);
    await settled();
    const joiner = await playing();
    expect(await joiner.hear('data@1')).toMatchObject({ type: 18, payload: flv.metadata() });
  });

  test('as @clearDataFrame takes the metadata from later players', async () => {
    const { publishing, playing } = openServer();
    const peer = await publishing();
    peer.say(say.data(setDataFrame(flv.metadata())), ...PICTURE);
    peer.say(say.data(cat(amf.string('@clearDataFrame'), amf.string('onMetaData'))));
    await settled();
    const joiner = await playing();
    await joiner.hear('video@1 40 f1');
    expect(joiner.media).toEqual(PICTURE_HEARD);
  });

  test('as data that is no metadata passes, and is not kept', async () => {
    const { publishing, playing } = openServer();
    const present = await playing();
    const peer = await publishing();
    peer.say(say.data(cat(amf.string('onTextData'), amf.string('hello')), 5), ...PICTURE);
    await present.hear('data@1 5 onTextData hello');
    const joiner = await playing();
    await joiner.hear('video@1 40 f1');
    expect(joiner.media).toEqual(PICTURE_HEARD);
  });

  test('as metadata beyond all measure passes, and is not kept', async () => {
    const { publishing, playing } = openServer();
    const present = await playing();
    const peer = await publishing();
    peer.say(say.data(cat(flv.metadata(), Buffer.alloc(70_000))), ...PICTURE);
    await present.hear('data@1');
    const joiner = await playing();
    await joiner.hear('video@1 40 f1');
    expect(joiner.media).toEqual(PICTURE_HEARD);
  });

  test('as an aggregate reaches players as its parts', async () => {
    const { publishing, playing } = openServer();
    const player = await playing();
    const peer = await publishing();
    const part = (type: number, time: number, payload: Buffer) =>
      cat([type], be(payload.length, 3), be(time, 3), [0, 0, 0, 0], payload, be(11 + payload.length, 4));
    const payload = cat(
      part(9, 500, flv.keyframe('k')),
      part(8, 510, flv.aac('s')),
      part(9, 540, flv.frame('f')),
    );
    peer.say(message({ csid: 6, type: 22, streamId: 1, timestamp: 100, payload }));
    await player.hear('video@1 140 f');
    expect(player.media).toEqual(['video@1 100 k', 'audio@1 110 s', 'video@1 140 f']);
  });

  test('as enhanced video and audio passes untouched, its headers kept for joiners', async () => {
    const { publishing, playing } = openServer();
    const peer = await publishing();
    const hevcConfig = cat([0x90], 'hvc1', 'config');
    const hevcKey = cat([0x91], 'hvc1', [0, 0, 0], 'key');
    const opusConfig = cat([0x90], 'Opus', 'head');
    const opus = cat([0x91], 'Opus', 'sound');
    peer.say(say.video(hevcConfig), say.audio(opusConfig), say.video(hevcKey, 20), say.audio(opus, 30));
    await settled();
    const joiner = await playing();
    await joiner.hear('audio@1', 2);
    const media = joiner.messages.filter(({ type }) => type === 8 || type === 9);
    expect(media.map(({ payload }) => payload)).toEqual([hevcConfig, opusConfig, hevcKey, opus]);
    expect(media.map(({ timestamp }) => timestamp)).toEqual([20, 20, 20, 30]);
  });

  test('without any content says nothing', async () => {
    const { publishing, playing } = openServer();
    const player = await playing();
    const peer = await publishing();
    peer.say(
      say.audio(Buffer.alloc(0)),
      say.video(Buffer.alloc(0)),
      say.data(Buffer.alloc(0)),
      say.audio(flv.aac('s')),
    );
    await player.hear('audio@1 0 s');
    expect(player.media).toEqual(['audio@1 0 s']);
  });
});

describe('a publisher that nobody watches', () => {
  /** One that has been heard long enough for its connection to rest. */
  async function resting() {
    const server = openServer();
    const { peer, ours } = server.enter();
    peer.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
    await peer.hear('onStatus@1 NetStream.Publish.Start');
    server.clock.advance(250);
    peer.say(...PICTURE);
    await settled();
    expect(ours.isPaused()).toBe(true);
    return { ...server, peer, ours };
  }

  test('is read every 350 ms', async () => {
    const { clock, ours, peer } = await resting();
    peer.say(say.ping(7));
    await settled();
    expect(peer.heard).not.toContain('control 7 7');
    clock.advance(349);
    expect(ours.isPaused()).toBe(true);
    clock.advance(1);
    await peer.hear('control 7 7');
  });

  test('is read at once when a player comes', async () => {
    const { peer, playing } = await resting();
    peer.say(say.video(flv.frame('latest'), 80));
    const player = await playing();
    await player.hear('video@1 80 latest');
  });

  test('has its name taken over when it has gone and nobody has noticed yet', async () => {
    const { peer, publishing, gate } = await resting();
    peer.say(say.video(flv.frame('last'), 80));
    peer.stream.end();
    await publishing();
    expect(gate.log.filter((line) => line.includes('publish'))).toEqual([
      'ask on_publish cam',
      'tell on_unpublish cam client',
      'ask on_publish cam',
    ]);
  });

  test('keeps its name while it is there, and is not disturbed by who wants it', async () => {
    const { peer, connected, playing } = await resting();
    const other = await connected();
    other.say(say.publish('cam'));
    await other.hear('onStatus@1 NetStream.Publish.BadName');
    peer.say(say.video(flv.frame('on'), 80));
    const player = await playing();
    await player.hear('video@1 80 on');
  });

  test('is shown out while it rests', async () => {
    const { peer, ours, clients } = await resting();
    const closing = clients.close('shutdown', 'The server is stopping.');
    await peer.ended;
    peer.stream.end();
    await closing;
    expect(ours.isPaused()).toBe(false);
  });
});
