import { expect, test } from 'vitest';
import { MAX_REST_BYTES } from '../../src/session/limits.ts';
import { openServer, PICTURE, settled } from '../support/memory-server.ts';
import { PLAY, vhost } from '../support/options.ts';
import { flv, say } from '../support/say.ts';

const batched = [vhost({ play: { ...PLAY, mwLatency: 350 } })];

test('a publisher whose stream is flushed each 350 ms is read as often, and loses nothing', async () => {
  const { clock, door, enter, playing } = openServer({ vhosts: batched });
  const { ours, peer: publisher } = enter();
  publisher.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
  await publisher.hear('onStatus@1 NetStream.Publish.Start');
  const player = await playing();
  clock.advance(1000);
  publisher.say(...PICTURE);
  await player.hear('video@1 40 f1');
  await settled();
  expect(ours.isPaused()).toBe(true);

  for (const time of [80, 120, 160]) publisher.say(say.video(flv.frame(`f${time}`), time));
  await settled();
  clock.advance(349);
  await settled();
  expect(player.heard).not.toContain('video@1 80 f80');
  clock.advance(1);
  await player.hear('video@1 160 f160');
  await settled();
  expect(ours.isPaused()).toBe(true);
  expect(door.connections).toBe(2);
});

test('one who sends more than MAX_REST_BYTES in that time is read more often', async () => {
  const { clock, enter, playing } = openServer({ vhosts: batched });
  const { ours, peer: publisher } = enter();
  publisher.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
  await publisher.hear('onStatus@1 NetStream.Publish.Start');
  await playing();
  const second = Buffer.alloc(10 * MAX_REST_BYTES, 1);
  clock.advance(1000);
  publisher.say(...PICTURE, say.video(flv.frame(second.toString('latin1')), 80));
  await settled();
  expect(ours.isPaused()).toBe(true);
  clock.advance(101);
  await settled();
  expect(ours.isPaused()).toBe(false);
});

test('one who leaves while unread is noticed when its rest is over', async () => {
  const { clock, gate, enter, playing } = openServer({ vhosts: batched });
  const { ours, peer: publisher } = enter();
  publisher.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
  await publisher.hear('onStatus@1 NetStream.Publish.Start');
  const player = await playing();
  clock.advance(1000);
  publisher.say(...PICTURE);
  await player.hear('video@1 40 f1');
  await settled();
  expect(ours.isPaused()).toBe(true);
  publisher.say(say.video(flv.frame('last'), 80));
  publisher.stream.end();
  clock.advance(350);
  await player.hear('video@1 80 last');
  await settled();
  expect(gate.told.map(({ action, reason }) => `${action} ${reason}`)).toContain('on_unpublish client');
});

test('a publisher whose packets go on at once is never left unread', async () => {
  const { clock, enter, playing } = openServer();
  const { ours, peer: publisher } = enter();
  publisher.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
  await publisher.hear('onStatus@1 NetStream.Publish.Start');
  const player = await playing();
  clock.advance(1000);
  publisher.say(...PICTURE);
  await player.hear('video@1 40 f1');
  await settled();
  expect(ours.isPaused()).toBe(false);
});
