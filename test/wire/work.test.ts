import { describe, expect, test } from 'vitest';
import { COMMAND_PACKETS } from '../../src/rtmp/server-session.ts';
import { OPENING_PACKETS } from '../../src/rtmp/session-context.ts';
import {
  MAX_PACKET_BURST,
  MAX_PACKETS_PER_SECOND,
  MAX_PACKETS_PER_TURN,
} from '../../src/rtmp/work-budget.ts';
import { openServer, settled } from '../support/memory-server.ts';
import { call, flv, say } from '../support/say.ts';
import { until } from '../support/until.ts';
import { be, cat, message } from '../support/wire.ts';

type Server = ReturnType<typeof openServer>;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** An aggregate message (RTMP 7.1.6) of so many packets of sound, a millisecond apart. */
function aggregate(count: number): Buffer {
  const sound = flv.aac('s');
  const parts = Array.from({ length: count }, (_, at) =>
    cat([8], be(sound.length, 3), be(at, 3), [0, 0, 0, 0], sound, be(11 + sound.length, 4)),
  );
  return message({ csid: 4, type: 22, payload: Buffer.concat(parts) }, 65_536);
}

const bigChunks = message({ csid: 2, type: 1, streamId: 0, payload: be(65_536, 4) });

/** Notes the times of all packets that come on air. */
function taping(server: Server): number[] {
  const times: number[] = [];
  server.hub.observe({
    started: (source) =>
      void source.tap({ write: ({ timestamp }) => void times.push(timestamp), end: () => undefined }),
  });
  return times;
}

/** Lets time go on in steps, with turns for what happens in each. */
async function pass(server: Server, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    server.clock.advance(50);
    await settled();
  }
}

/** Lets everything happen that can happen without time going on. */
async function standsStill(count: () => number): Promise<void> {
  for (let before = -1; count() !== before; ) {
    before = count();
    await settled();
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('packets of one publisher', () => {
  test.each([
    ['in one message', (count: number) => [bigChunks, aggregate(count)]],
    ['in many small messages', (count: number) => upTo(count).map((at) => say.audio(flv.aac('s'), at))],
  ])('that come at once, %s, are taken in turns and in their order', async (_how, packets) => {
    const server = openServer();
    const times = taping(server);
    const publisher = await server.publishing();
    publisher.say(...packets(2000));
    let mostInATurn = times.length;
    while (times.length < 2000) {
      const before = times.length;
      await nextTurn();
      mostInATurn = Math.max(mostInATurn, times.length - before);
    }
    expect(mostInATurn).toBeLessThanOrEqual(MAX_PACKETS_PER_TURN);
    expect(times).toEqual(upTo(2000));
  });

  test('beyond a burst wait, and their publisher with them, and none is lost', async () => {
    const server = openServer();
    const times = taping(server);
    const publisher = await server.publishing();
    publisher.say(bigChunks, aggregate(MAX_PACKET_BURST + 2 * MAX_PACKETS_PER_SECOND), say.ping(7));
    await standsStill(() => times.length);
    const burst = times.length;
    expect(burst).toBeLessThanOrEqual(MAX_PACKET_BURST + MAX_PACKETS_PER_TURN);
    await pass(server, 1000);
    expect(times.length - burst).toBeGreaterThan(MAX_PACKETS_PER_SECOND - 2 * MAX_PACKETS_PER_TURN);
    expect(times.length - burst).toBeLessThan(MAX_PACKETS_PER_SECOND + 2 * MAX_PACKETS_PER_TURN);
    expect(publisher.heard).not.toContain('control 7 7');
    await pass(server, 2000);
    expect(times).toEqual(upTo(MAX_PACKET_BURST + 2 * MAX_PACKETS_PER_SECOND));
    expect(publisher.heard).toContain('control 7 7');
    expect(publisher.isOver).toBe(false);
  });

  test('that has ended are taken before its publish ends', async () => {
    const server = openServer();
    const times = taping(server);
    const publisher = await server.publishing();
    publisher.say(bigChunks, aggregate(2000));
    publisher.stream.end();
    await until('the publish has ended', () => server.gate.log.includes('tell on_unpublish cam client'));
    expect(times).toEqual(upTo(2000));
  });

  test('that is reset meanwhile are of no use to anybody', async () => {
    const server = openServer();
    const times = taping(server);
    const publisher = await server.publishing();
    publisher.say(bigChunks, aggregate(2000));
    await nextTurn();
    publisher.breakOff();
    await until('the publish has ended', () => server.gate.log.includes('tell on_unpublish cam client'));
    await settled();
    expect(times.length).toBeLessThan(2000);
    expect(server.clock.pending).toHaveLength(1);
  });
});

describe('what a client asks', () => {
  const burst = MAX_PACKET_BURST / OPENING_PACKETS;
  const perSecond = MAX_PACKETS_PER_SECOND / OPENING_PACKETS;

  test.each([
    ['publishes', 'on_publish', (name: string) => [say.publish(name), say.closeStream()]],
    ['plays', 'on_play', (name: string) => [say.play(name)]],
    [
      'creates streams and plays',
      'on_play',
      (name: string) => [say.deleteStream(), say.createStream(9), say.play(name)],
    ],
  ])('%s are begun at a bounded rate, in their order', async (_what, action, words) => {
    const server = openServer();
    const peer = await server.connected();
    const names = upTo(50).map((at) => `s${at}`);
    peer.say(...names.flatMap(words));
    const asked = () => server.gate.asked.filter((event) => event.action === action);
    await standsStill(() => asked().length);
    const atOnce = asked().length;
    expect(atOnce).toBeGreaterThan(burst / 2);
    expect(atOnce).toBeLessThanOrEqual(burst);
    await pass(server, 1000);
    expect(asked().length - atOnce).toBeGreaterThan(perSecond / 2);
    expect(asked().length - atOnce).toBeLessThanOrEqual(perSecond);
    await pass(server, 5000);
    expect(asked().map(({ stream }) => stream)).toEqual(names);
    expect(peer.isOver).toBe(false);
  });

  test.each([
    ['calls', (at: number) => call(0, '_checkbw', at + 10, null), '_result', COMMAND_PACKETS],
    ['pings', (at: number) => say.ping(at), 'control 7', 2],
  ])('in %s is answered at a bounded rate', async (_what, ask, answer, packets) => {
    const server = openServer();
    const peer = await server.connected();
    const answers = () => peer.heard.filter((line) => line.startsWith(answer)).length;
    const before = answers();
    const count = (2 * MAX_PACKET_BURST) / packets;
    peer.say(...upTo(count).map(ask));
    await standsStill(answers);
    expect(answers() - before).toBeGreaterThan(0);
    expect(answers() - before).toBeLessThan(count / 2);
    await pass(server, 10_000);
    expect(answers() - before).toBe(count);
  });

  test.each([
    ['Set Chunk Size', 1, 128],
    ['Abort', 2, 9],
  ])('is waited for while %s comes again and again', async (_what, type, value) => {
    const server = openServer();
    const peer = await server.connected();
    const control = message({ csid: 2, type, streamId: 0, payload: be(value, 4) });
    for (let i = 0; i < 3; i++) {
      peer.say(...Array<Buffer>(MAX_PACKET_BURST / 2).fill(control));
      await settled();
    }
    peer.say(say.ping(1));
    await settled();
    expect(peer.heard).not.toContain('control 7 1');
    await pass(server, 2000);
    expect(peer.heard).toContain('control 7 1');
  });

  test.each([
    ['to have the sound off and on', (on: boolean) => call(1, 'receiveAudio', 0, null, on)],
    ['to have the picture off and on', (on: boolean) => call(1, 'receiveVideo', 0, null, on)],
    ['to pause and resume', (on: boolean) => call(1, 'pause', 0, null, !on, 0)],
  ])('%s is done at a bounded rate', async (_what, words) => {
    const server = openServer();
    const player = await server.playing();
    player.say(...upTo(2 * burst).map((at) => words(at % 2 === 1)), say.ping(1));
    await settled();
    expect(player.heard).not.toContain('control 7 1');
    await pass(server, (1000 * 2 * burst) / perSecond);
    expect(player.heard).toContain('control 7 1');
  });

  test('is waited for while chunks of one byte are put together', async () => {
    const server = openServer();
    const peer = await server.connected();
    peer.say(message({ csid: 2, type: 1, streamId: 0, payload: be(1, 4) }));
    for (let i = 0; i < 3; i++) {
      peer.say(message({ csid: 4, type: 8, payload: Buffer.alloc(60_000) }, 1));
      await settled();
    }
    peer.say(message({ csid: 2, type: 4, streamId: 0, payload: cat([0, 6], be(1, 4)) }, 1));
    await settled();
    expect(peer.heard).not.toContain('control 7 1');
    await pass(server, 1000);
    expect(peer.heard).toContain('control 7 1');
  });
});
