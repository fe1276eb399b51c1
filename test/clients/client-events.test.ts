import { describe, expect, test } from 'vitest';
import { MAX_VHOSTS_PER_CONNECTION } from '../../src/clients/refusal.ts';
import { ALLOWED } from '../../src/model/authorization.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, PICTURE, settled } from '../support/memory-server.ts';
import { SRS5, vhost } from '../support/options.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { call, flv, say } from '../support/say.ts';
import { message } from '../support/wire.ts';

const PUBLISHED = ['ask on_connect live', 'ask on_publish cam'];
const PLAYED = ['ask on_connect live', 'ask on_play cam'];

type Server = ReturnType<typeof openServer>;

describe('what was opened is closed once, in order, when', () => {
  const endings: [string, (server: Server, peer: RawPeer) => unknown, string][] = [
    ['the client closes', (_server, peer) => peer.stream.end(), 'client'],
    ['the connection breaks', (_server, peer) => peer.breakOff(), 'client'],
    [
      'the client breaks the protocol',
      (_server, peer) => peer.say(message({ csid: 2, type: 1, streamId: 0, payload: Buffer.alloc(4) })),
      'protocol_error',
    ],
    ['the server stops', ({ clients }) => void clients.close('shutdown', 'bye'), 'shutdown'],
    [
      'a reload removes the vhost',
      ({ clients, policy }) => clients.applyPolicy(policy({ vhosts: [vhost({ name: 'other' })] })),
      'kicked',
    ],
    [
      'a reload switches the vhost off',
      ({ clients, policy }) => clients.applyPolicy(policy({ vhosts: [vhost({ enabled: false })] })),
      'kicked',
    ],
  ];

  test.each(endings)('%s, for a publisher', async (_what, end, reason) => {
    const server = openServer();
    const peer = await server.publishing();
    end(server, peer);
    await peer.ended;
    await settled();
    expect(server.gate.log).toEqual([
      ...PUBLISHED,
      `tell on_unpublish cam ${reason}`,
      `tell on_close live ${reason}`,
    ]);
    expect(server.clients.connections).toBe(0);
    expect(server.hub.streams).toBe(0);
  });

  test.each(endings)('%s, for a player', async (_what, end, reason) => {
    const server = openServer();
    const peer = await server.playing();
    end(server, peer);
    await peer.ended;
    await settled();
    expect(server.gate.log).toEqual([
      ...PLAYED,
      `tell on_stop cam ${reason}`,
      `tell on_close live ${reason}`,
    ]);
    expect(server.hub.streams).toBe(0);
  });

  // What is behind a question is not read before the answer, so no client can break the protocol there.
  const whileAsking = endings.filter(([, , reason]) => reason !== 'protocol_error');

  test.each(whileAsking)('%s, while the gate is being asked', async (_what, end, reason) => {
    const server = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
    const peer = await server.connected();
    peer.say(say.publish('cam'));
    const { signal } = await server.gate.question();
    end(server, peer);
    await settled();
    expect(signal.aborted).toBe(true);
    expect(server.gate.log).toEqual([...PUBLISHED, `tell on_close live ${reason}`]);
    expect(server.hub.streams).toBe(0);
    expect(server.clients.connections).toBe(0);
  });

  test.each(whileAsking)('%s, just as the gate says yes', async (_what, end, reason) => {
    for (const [action, words, closing] of [
      ['on_publish', say.publish('cam'), 'on_unpublish'],
      ['on_play', say.play('cam'), 'on_stop'],
    ] as const) {
      const server = openServer({ gate: new FakeGate().keepsWaiting(action).allowsTheLate() });
      const peer = await server.connected();
      peer.say(words);
      await server.gate.question();
      end(server, peer);
      await settled();
      const ends = [`tell ${closing} cam ${reason}`, `tell on_close live ${reason}`];
      expect(server.gate.log).toEqual(['ask on_connect live', `ask ${action} cam`, ...ends]);
      expect(server.hub.streams).toBe(0);
      expect(peer.heard.filter((line) => line.includes('.Start'))).toEqual([]);
    }
  });
});

describe('a connection that ends while on_connect is being asked', () => {
  test.each([true, false])('is told to have closed (the gate says yes all the same: %s)', async (late) => {
    const gate = new FakeGate().keepsWaiting('on_connect');
    if (late) gate.allowsTheLate();
    const server = openServer({ gate });
    const { peer } = server.enter();
    peer.shakeHands().say(say.connect(), say.createStream(), say.publish('cam'));
    const { signal } = await gate.question();
    peer.breakOff();
    await settled();
    expect(signal.aborted).toBe(true);
    expect(gate.log).toEqual(['ask on_connect live', 'tell on_close live client']);
    expect(server.log.lines.map(({ message: text }) => text)).not.toContain('client connected');
  });

  test('is asked nothing more under the srs5 schema either', async () => {
    const gate = new FakeGate().keepsWaiting('on_connect').allowsTheLate();
    const server = openServer({ gate, vhosts: [vhost({ hooks: SRS5 })] });
    const peer = await server.connected();
    peer.say(say.publish('cam'));
    await gate.question();
    peer.breakOff();
    await settled();
    expect(gate.log).toEqual(['ask on_connect cam', 'tell on_close cam client']);
    expect(server.hub.streams).toBe(0);
  });
});

describe('a connection that never asked anything', () => {
  test('has no on_close when it only shook hands', async () => {
    const server = openServer();
    const { peer } = server.enter();
    peer.shakeHands();
    await settled();
    peer.stream.end();
    await settled();
    expect(server.gate.log).toEqual([]);
    expect(server.clients.connections).toBe(0);
  });

  test('has no on_close when it connected under srs5 and named no stream', async () => {
    const server = openServer({ vhosts: [vhost({ hooks: SRS5 })] });
    const peer = await server.connected();
    peer.stream.end();
    await settled();
    expect(server.gate.log).toEqual([]);
  });

  test('has no on_close when its vhost was refused', async () => {
    const server = openServer({ strictVhost: true });
    const { peer } = server.enter();
    peer.shakeHands().say(say.connect({ tcUrl: 'rtmp://127.0.0.1/live?vhost=nowhere' }));
    await peer.ended;
    await settled();
    expect(server.gate.log).toEqual([]);
  });
});

describe('one connection may open and close many times', () => {
  test('by publishing again and again', async () => {
    const { gate, publishing, hub } = openServer();
    const peer = await publishing('a');
    peer.say(call(0, 'FCUnpublish', 5, null, 'a'), say.publish('b'));
    await peer.hear('onStatus@1 NetStream.Publish.Start', 2);
    peer.say(say.deleteStream(), say.createStream(6), say.publish('a'));
    await peer.hear('onStatus@1 NetStream.Publish.Start', 3);
    expect(hub.streams).toBe(1);
    peer.stream.end();
    await settled();
    expect(gate.log).toEqual([
      'ask on_connect live',
      'ask on_publish a',
      'tell on_unpublish a client',
      'ask on_publish b',
      'tell on_unpublish b client',
      'ask on_publish a',
      'tell on_unpublish a client',
      'tell on_close live client',
    ]);
  });

  test('by closeStream and play', async () => {
    const { gate, playing } = openServer();
    const peer = await playing('a');
    peer.say(say.closeStream(), say.play('b'));
    await peer.hear('onStatus@1 NetStream.Play.Start', 2);
    peer.say(say.play('c'));
    await peer.hear('onStatus@1 NetStream.Play.Start', 3);
    peer.say(say.closeStream(), say.closeStream(), say.deleteStream(), say.deleteStream());
    await peer.hear('onStatus@1 NetStream.Play.Stop', 2);
    peer.stream.end();
    await settled();
    expect(gate.log).toEqual([
      'ask on_connect live',
      'ask on_play a',
      'tell on_stop a client',
      'ask on_play b',
      'tell on_stop b client',
      'ask on_play c',
      'tell on_stop c client',
      'tell on_close live client',
    ]);
  });

  test('on several message streams at once', async () => {
    const { gate, publishing } = openServer();
    const peer = await publishing('a');
    peer.say(say.createStream(7), say.play('a', 2), say.createStream(8), say.publish('b', 3));
    await peer.hear('onStatus@3 NetStream.Publish.Start');
    peer.say(...PICTURE);
    await peer.hear('video@2 40 f1');
    peer.breakOff();
    await settled();
    expect(gate.log.filter((line) => line.startsWith('tell'))).toEqual([
      'tell on_unpublish a client',
      'tell on_stop a client',
      'tell on_unpublish b client',
      'tell on_close live client',
    ]);
  });

  test('and has one on_close for each vhost that it visited', async () => {
    const { gate, publishing } = openServer({
      vhosts: [vhost(), vhost({ name: 'v' }), vhost({ name: 'w' })],
    });
    const peer = await publishing('a');
    peer.say(say.createStream(5), say.publish('b?vhost=v', 2));
    await peer.hear('onStatus@2 NetStream.Publish.Start');
    peer.say(say.createStream(6), say.play('b?vhost=v', 3));
    await peer.hear('onStatus@3 NetStream.Play.Start');
    peer.stream.end();
    await settled();
    const events = [...gate.asked, ...gate.told].map(({ action, vhost: name }) => `${action} ${name}`);
    expect(events).toEqual([
      'on_connect __defaultVhost__',
      'on_publish __defaultVhost__',
      'on_connect v',
      'on_publish v',
      'on_play v',
      'on_unpublish __defaultVhost__',
      'on_unpublish v',
      'on_stop v',
      'on_close __defaultVhost__',
      'on_close v',
    ]);
  });

  test('but visits a bounded number of vhosts', async () => {
    const names = Array.from({ length: MAX_VHOSTS_PER_CONNECTION }, (_, i) => `v${i}`);
    const { gate, connected } = openServer({ vhosts: [vhost(), ...names.map((name) => vhost({ name }))] });
    const peer = await connected();
    for (const [index, name] of names.slice(1).entries()) {
      peer.say(say.play(`a?vhost=${name}`));
      await peer.hear('onStatus@1 NetStream.Play.Start', index + 1);
    }
    peer.say(say.play('a?vhost=v0'));
    const info = await peer.info('onStatus@1 NetStream.Play.Failed');
    expect(info?.['description']).toBe(`a connection may use at most ${MAX_VHOSTS_PER_CONNECTION} vhosts`);
    await peer.ended;
    await settled();
    const closes = gate.told.filter(({ action }) => action === 'on_close');
    expect(closes.map((event) => event.vhost)).toEqual(['__defaultVhost__', ...names.slice(1)]);
  });
});

describe('a closing event says', () => {
  test('how long it lasted and how much went each way', async () => {
    const { gate, publishing, clock } = openServer();
    const peer = await publishing('cam', { pageUrl: 'http://example.com/studio' });
    peer.say(say.audio(flv.aac('s'.repeat(1000))));
    await settled();
    clock.advance(1500);
    const sent = peer.bytes;
    peer.stream.end();
    await settled();
    const [unpublish, close] = gate.told;
    expect(unpublish).toMatchObject({
      action: 'on_unpublish',
      stream: 'cam',
      durationMs: 1500,
      sendBytes: sent,
      pageUrl: 'http://example.com/studio',
      tcUrl: 'rtmp://10.0.0.1/live',
    });
    expect(unpublish?.recvBytes).toBeGreaterThan(1000 + 3073);
    expect(close).toMatchObject({ action: 'on_close', stream: '', durationMs: 1500, sendBytes: sent });
    expect(close?.client).toEqual(gate.asked[0]?.client);
  });

  test('the client by the same number and id throughout, and no other client by them', async () => {
    const { gate, publishing, playing } = openServer();
    await publishing();
    await playing();
    const clients = gate.asked.map(({ client }) => client);
    expect(new Set(clients.map(({ number }) => number))).toEqual(new Set([1, 2]));
    expect(new Set(clients.map(({ id }) => id)).size).toBe(2);
    expect(clients.every(({ id, ip }) => /^[a-z0-9]{8}$/.test(id) && ip === '192.0.2.1')).toBe(true);
  });
});

test('a refused connection is told to have closed, for it had been asked about', async () => {
  const { gate, enter } = openServer({ gate: new FakeGate().answers('on_connect', refused('no')) });
  const { peer } = enter();
  peer.shakeHands().say(say.connect());
  await peer.ended;
  await settled();
  expect(gate.log).toEqual(['ask on_connect live', 'tell on_close live refused']);
});

test('a gate that throws costs its client the connection, and nobody else anything', async () => {
  const gate = new FakeGate();
  const ask = gate.authorize.bind(gate);
  gate.authorize = (event, signal) =>
    event.action === 'on_publish' ? Promise.reject(new Error('broken gate')) : ask(event, signal);
  const server = openServer({ gate });
  const other = await server.playing();
  const peer = await server.connected();
  peer.say(say.publish('cam'));
  await peer.ended;
  await settled();
  expect(gate.told.map(({ action, reason }) => `${action} ${reason}`)).toEqual(['on_close protocol_error']);
  expect(server.clients.connections).toBe(1);
  expect(other.isOver).toBe(false);
  expect(server.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  const again = await server.connected();
  again.say(say.publish('cam'));
  await again.ended;
  expect(again.heard.at(-1)).not.toContain('BadName');
});

test('a refused publish or play has no closing event of its own', async () => {
  for (const action of ['on_publish', 'on_play'] as const) {
    const { gate, connected } = openServer({ gate: new FakeGate().answers(action, refused('no')) });
    const peer = await connected();
    peer.say(action === 'on_publish' ? say.publish('cam') : say.play('cam'));
    await peer.ended;
    await settled();
    expect(gate.log).toEqual(['ask on_connect live', `ask ${action} cam`, 'tell on_close live refused']);
  }
});

test('a client that leaves after the answer, before it is acted on, is closed in full', async () => {
  const { gate, connected, hub } = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
  const peer = await connected();
  peer.say(say.publish('cam'));
  const question = await gate.question();
  peer.breakOff();
  question.answer(ALLOWED);
  await settled();
  expect(gate.told.map(({ action }) => action)).toEqual(['on_unpublish', 'on_close']);
  expect(hub.streams).toBe(0);
});
