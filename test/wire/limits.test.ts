import { describe, expect, test } from 'vitest';
import { LINGER_MS, STALL_TIMEOUT_MS } from '../../src/clients/connected-client.ts';
import { ALLOWED } from '../../src/model/authorization.ts';
import { MAX_REPLY_BACKLOG } from '../../src/rtmp/connection.ts';
import { MAX_MESSAGE_STREAMS } from '../../src/rtmp/message-streams.ts';
import { HANDSHAKE_TIMEOUT_MS, IDLE_TIMEOUT_MS } from '../../src/rtmp/server-session.ts';
import { MIN_BACKLOG_BYTES } from '../../src/streams/fanout-group.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, PICTURE, settled } from '../support/memory-server.ts';
import { PLAY, PUBLISH, vhost } from '../support/options.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { call, flv, handshake, say } from '../support/say.ts';
import { until } from '../support/until.ts';
import { cat } from '../support/wire.ts';

type Server = ReturnType<typeof openServer>;

/** How the server's log explains the last end of a connection. */
const lastWhy = ({ log }: Server) =>
  log.lines.findLast(({ message }) => message === 'connection closed')?.fields;

describe('a client that is silent', () => {
  test.each([
    ['from the beginning', []],
    ['within the handshake', [handshake.subarray(0, 100)]],
    ['after the handshake', [handshake]],
    ['within connect', [handshake, say.connect().subarray(0, 40)]],
  ])('%s is closed after the handshake time-out', async (_when, words) => {
    const server = openServer();
    const { peer } = server.enter();
    peer.say(...words);
    await server.seconds(HANDSHAKE_TIMEOUT_MS / 1000);
    expect(server.clients.connections).toBe(1);
    await server.seconds(2);
    expect(peer.isOver).toBe(true);
    expect(lastWhy(server)).toMatchObject({
      reason: 'timeout',
      why: `no connect within ${HANDSHAKE_TIMEOUT_MS} ms`,
    });
  });

  test('after connect is closed when it has neither published nor played for long', async () => {
    const server = openServer();
    const peer = await server.connected();
    await server.seconds(IDLE_TIMEOUT_MS / 1000);
    expect(peer.isOver).toBe(false);
    await server.seconds(2);
    expect(peer.isOver).toBe(true);
    expect(server.gate.log.at(-1)).toBe('tell on_close live timeout');
  });

  test('after a play has the same time for another one', async () => {
    const server = openServer();
    const peer = await server.playing();
    await server.seconds(IDLE_TIMEOUT_MS / 1000 + 10);
    peer.say(say.closeStream());
    await server.seconds(IDLE_TIMEOUT_MS / 1000 - 1);
    expect(peer.isOver).toBe(false);
    await server.seconds(3);
    expect(peer.isOver).toBe(true);
  });

  test('because it waits for the gate is not closed for that', async () => {
    const server = openServer({ gate: new FakeGate().keepsWaiting('on_connect') });
    const { peer } = server.enter();
    peer.shakeHands().say(say.connect());
    const question = await server.gate.question();
    await server.seconds(IDLE_TIMEOUT_MS / 1000 + 60);
    expect(peer.isOver).toBe(false);
    question.answer(ALLOWED);
    await peer.hear('_result 1');
    await server.seconds(60);
    expect(peer.isOver).toBe(false);
  });
});

describe('a publisher', () => {
  const patience = { ...PUBLISH, firstPktTimeoutMs: 20_000, normalTimeoutMs: 5_000 };
  const vhosts = [vhost({ publish: patience })];

  test('that sends no media is closed after firstpkt_timeout', async () => {
    const server = openServer({ vhosts });
    const peer = await server.publishing();
    await server.seconds(20);
    expect(peer.isOver).toBe(false);
    await server.seconds(2);
    expect(peer.isOver).toBe(true);
    expect(server.gate.log.slice(2)).toEqual(['tell on_unpublish cam timeout', 'tell on_close live timeout']);
    expect(lastWhy(server)?.['why']).toContain('firstpkt_timeout');
  });

  test('that falls silent is closed after normal_timeout', async () => {
    const server = openServer({ vhosts });
    const peer = await server.publishing();
    await server.seconds(30, () => peer.say(say.audio(flv.aac('s'))));
    expect(peer.isOver).toBe(false);
    await server.seconds(7);
    expect(peer.isOver).toBe(true);
    expect(server.gate.log.slice(2)).toEqual(['tell on_unpublish cam timeout', 'tell on_close live timeout']);
    expect(lastWhy(server)?.['why']).toContain('normal_timeout');
  });

  test('that nobody watches is closed after kickoff_for_idle, where there is one', async () => {
    const server = openServer({ vhosts: [vhost({ publish: { ...patience, kickoffForIdleMs: 10_000 } })] });
    const peer = await server.publishing();
    const send = () => peer.say(say.audio(flv.aac('s')));
    const player = await server.playing();
    await server.seconds(30, send);
    expect(peer.isOver).toBe(false);
    player.stream.end();
    await server.seconds(10, send);
    expect(peer.isOver).toBe(false);
    await server.seconds(3, send);
    expect(peer.isOver).toBe(true);
    expect(lastWhy(server)?.['why']).toContain('kickoff_for_idle');
  });
});

describe('a pause of the whole process, in which nobody was read', () => {
  const vhosts = [vhost({ publish: { ...PUBLISH, normalTimeoutMs: 5_000, kickoffForIdleMs: 10_000 } })];
  const LONG_MS = 1_000_000;

  test('is not held against those whose words wait: a publisher, its player, who shakes hands, who is idle', async () => {
    const server = openServer({ vhosts });
    const publisher = await server.publishing();
    const player = await server.playing();
    const idle = await server.connected();
    const { peer: newcomer } = server.enter();
    newcomer.say(handshake.subarray(0, 100));
    await server.seconds(2, () => publisher.say(say.audio(flv.aac('s'))));
    server.clock.pause(LONG_MS);
    await server.seconds(3);
    expect([publisher, player, idle, newcomer].map(({ isOver }) => isOver)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(server.log.lines).toContainEqual({
      level: 'warn',
      message: 'process was paused',
      fields: { ms: LONG_MS },
    });
    await server.seconds(5);
    expect([publisher, newcomer].map(({ isOver }) => isOver)).toEqual([true, false]);
    await server.seconds(HANDSHAKE_TIMEOUT_MS / 1000);
    expect(newcomer.isOver).toBe(true);
  });

  test('is not held against a player for whom bytes wait', async () => {
    const server = openServer();
    const publisher = await server.publishing();
    const player = await server.playing();
    player.stream.pause();
    publisher.say(...PICTURE, say.video(cat(flv.frame('f'), Buffer.alloc(100_000)), 80));
    await server.seconds(2, () => publisher.say(say.audio(flv.aac('s'), 90)));
    server.clock.pause(LONG_MS);
    await server.seconds(2, () => publisher.say(say.audio(flv.aac('s'), 90)));
    player.stream.resume();
    await settled();
    expect(player.isOver).toBe(false);
    expect(player.media).toContain('video@1 40 f1');
  });
});

describe('a peer that does not read', () => {
  const stopReading = (peer: RawPeer) => peer.stream.pause();

  test('and asks and asks is closed when its answers have piled up', async () => {
    const server = openServer();
    const peer = await server.connected();
    stopReading(peer);
    const longName = 'a'.repeat(4000);
    for (let second = 0; second < STALL_TIMEOUT_MS / 1000 && server.clients.connections > 0; second++) {
      for (let i = 0; i < 10; i++) peer.say(say.play(longName));
      await server.seconds(1);
    }
    expect(server.clients.connections).toBe(0);
    expect(server.gate.log.at(-1)).toBe('tell on_close live slow');
    expect(lastWhy(server)?.['why']).toContain(`${MAX_REPLY_BACKLOG} bytes of replies`);
  });

  test('but plays is closed when it has taken nothing for STALL_TIMEOUT_MS', async () => {
    const server = openServer();
    const publisher = await server.publishing();
    const peer = await server.playing();
    const other = await server.playing();
    stopReading(peer);
    publisher.say(...PICTURE, say.video(cat(flv.frame('f'), Buffer.alloc(100_000)), 80));
    await settled();
    await server.seconds(STALL_TIMEOUT_MS / 1000, () => publisher.say(say.audio(flv.aac('s'), 90)));
    expect(server.clients.connections).toBe(3);
    await server.seconds(3, () => publisher.say(say.audio(flv.aac('s'), 90)));
    expect(server.clients.connections).toBe(2);
    expect(server.gate.log.slice(-2)).toEqual(['tell on_stop cam timeout', 'tell on_close live timeout']);
    expect(other.media.at(-1)).toBe('audio@1 90 s');
  });

  test('and falls far behind skips to a keyframe, never amid a message, and is told of nothing twice', async () => {
    const server = openServer({ vhosts: [vhost({ play: { ...PLAY, queueLengthMs: 100 } })] });
    const publisher = await server.publishing();
    const peer = await server.playing();
    const big = (name: string) => cat(flv.keyframe(name), Buffer.alloc(700_000));
    publisher.say(...PICTURE);
    await peer.hear('video@1 40 f1');
    stopReading(peer);
    for (let i = 2; i < 8; i++) {
      publisher.say(say.video(big(`k${i}`), i * 40));
      await settled();
    }
    publisher.say(say.video(flv.keyframe('k8'), 400));
    await settled();
    peer.stream.resume();
    await settled();
    publisher.say(say.video(flv.frame('end'), 440));
    await peer.hear('video@1 440 end');
    expect(peer.atBoundary).toBe(true);
    const names = peer.media.map((line) => line.split(' ').at(-1));
    const resumed = names.lastIndexOf('k8');
    expect(names.slice(resumed - 2)).toEqual(['avc', 'aac', 'k8', 'end']);
    expect(names).not.toContain('k7');
    const times = peer.messages.filter(({ type }) => type === 9).map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    peer.stream.end();
    await settled();
    const ended = server.log.lines.find(({ message }) => message === 'play ended');
    expect(ended?.fields).toMatchObject({ skips: 1 });
  });
});

describe('a player that reads nothing and asks for the picture again and again', () => {
  const GOP_BYTES = 2 * MIN_BACKLOG_BYTES;
  const picture = say.video(cat(flv.keyframe('k1'), Buffer.alloc(GOP_BYTES)), 0);
  const switched = (command: string) => (turn: number) => [call(1, command, 0, null, turn % 2 === 1)];
  const ways: readonly (readonly [string, (turn: number) => Buffer[]])[] = [
    ['switching the sound off and on', switched('receiveAudio')],
    ['switching the picture off and on', switched('receiveVideo')],
    ['pausing and resuming', (turn) => [call(1, 'pause', 0, null, turn % 2 === 0, 0)]],
    ['playing anew', () => [say.play('cam')]],
    ['closing its stream and playing', () => [say.closeStream(), say.play('cam')]],
    ['playing on all its message streams', (turn) => [say.play('cam', 1 + (turn % MAX_MESSAGE_STREAMS))]],
  ];

  test.each(ways)('%s is sent one GOP and no more until it has taken that', async (_way, ask) => {
    const server = openServer();
    const publisher = await server.publishing();
    publisher.say(say.video(flv.avcConfig(), 0), picture);
    await settled();
    const player = await server.connected();
    player.stream.pause();
    player.say(say.play('cam'));
    const backlog = () => server.clients.clientInfos().find(({ role }) => role === 'play')?.backlogBytes ?? 0;
    await until('the GOP waits for the player', () => backlog() > GOP_BYTES);
    for (let turn = 0; turn < 10; turn++) {
      player.say(...ask(turn));
      await settled();
    }
    expect(backlog()).toBeLessThan(GOP_BYTES + MIN_BACKLOG_BYTES);
    player.stream.resume();
    await until('the player has taken it', () => backlog() === 0);
    publisher.say(say.video(flv.keyframe('k2'), 40));
    await player.hear('video@1 40 k2');
    expect(player.atBoundary).toBe(true);
  });
});

describe('a connection that the server ends', () => {
  test('is destroyed at last when its peer does not close in turn', async () => {
    const { enter, clock } = openServer({ gate: new FakeGate().answers('on_connect', refused('no')) });
    const { peer, ours } = enter();
    peer.stream.removeAllListeners('end');
    peer.stream.allowHalfOpen = true;
    peer.shakeHands().say(say.connect());
    await settled();
    expect(peer.heard).toEqual(['_error 1 NetConnection.Connect.Rejected']);
    expect(ours.destroyed).toBe(false);
    clock.advance(LINGER_MS);
    expect(ours.destroyed).toBe(true);
  });

  test('is not listened to any more', async () => {
    const { connected, gate } = openServer({ gate: new FakeGate().answers('on_publish', refused('no')) });
    const peer = await connected();
    peer.say(say.publish('cam'), say.play('cam'), say.publish('other', 2));
    await peer.ended;
    await settled();
    expect(gate.log.slice(1)).toEqual(['ask on_publish cam', 'tell on_close live refused']);
  });

  test('by kicking hears why', async () => {
    const { publishing, clients, policy } = openServer();
    const peer = await publishing();
    clients.applyPolicy(policy({ vhosts: [vhost({ name: 'other' })] }));
    await peer.ended;
    expect(await peer.info('onStatus@0')).toMatchObject({
      level: 'error',
      code: 'NetConnection.Connect.Closed',
      description: 'Vhost __defaultVhost__ was removed or switched off.',
    });
  });
});

describe('new rules', () => {
  test('are for those who come later: who is here keeps the old ones', async () => {
    const { connected, publishing, clients, policy, gate } = openServer();
    const early = await connected();
    const late = new FakeGate();
    clients.applyPolicy(policy({ gate: late, vhosts: [vhost({ chunkSize: 1000 })] }));
    early.say(say.publish('early'));
    await early.hear('onStatus@1 NetStream.Publish.Start');
    const peer = await publishing('late');
    expect(peer.heard).toContain('chunk size 1000');
    expect(gate.asked.map(({ stream }) => stream)).toEqual(['', 'early']);
    expect(late.asked.map(({ stream }) => stream)).toEqual(['', 'late']);
  });
});

test('a server at rest holds no timer but its tick', async () => {
  const server = openServer();
  const publisher = await server.publishing();
  const player = await server.playing();
  publisher.say(...PICTURE);
  await player.hear('video@1 40 f1');
  publisher.stream.end();
  player.breakOff();
  await server.seconds(LINGER_MS / 1000 + 1);
  expect(server.clock.pending).toHaveLength(1);
  expect(server.clients.connections).toBe(0);
});

test('a client registry that has closed ticks no more', async () => {
  const server = openServer();
  await server.clients.close('shutdown', 'bye');
  await server.seconds(2);
  expect(server.clock.pending).toEqual([]);
});
