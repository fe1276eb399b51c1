import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ALLOWED } from '../../src/model/authorization.ts';
import type { Config } from '../../src/model/options.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../src/rtmp/server-session.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { type Script, startBackend } from '../hooks/scripted-backend.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { keepingLog, PICTURE } from '../support/memory-server.ts';
import { config, NO_HOOKS, vhost } from '../support/options.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { flv, handshake, say } from '../support/say.ts';
import { be, cat, pieces } from '../support/wire.ts';

/** A real server on the loopback address that is stopped at the end of the test. */
async function start(options: Partial<Config> = {}, deps: { clock?: FakeClock } = {}) {
  const gate = new FakeGate();
  const log = keepingLog();
  const server = await createServer(config(options), { logger: log, gate, ...deps });
  onTestFinished(() => server.stop());
  return { server, gate, log };
}

const portOf = (server: Server, index = 0) => server.addresses[index]?.port ?? 0;

/** A socket that has been accepted by the kernel. */
async function dial(port: number): Promise<{ socket: Socket; peer: RawPeer }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const peer = new RawPeer(socket);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return { socket, peer };
}

async function connected(port: number): Promise<RawPeer> {
  const { peer } = await dial(port);
  peer.shakeHands().say(say.connect(), say.createStream());
  await peer.hear('_result 2');
  return peer;
}

/** Waits, turn by turn, until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

test('what one publishes another one plays, over sockets', async () => {
  const { server, gate } = await start();
  const publisher = await connected(portOf(server));
  const player = await connected(portOf(server));
  publisher.say(say.publish('cam'), ...PICTURE);
  await publisher.hear('onStatus@1 NetStream.Publish.Start');
  player.say(say.play('cam'));
  await player.hear('video@1 40 f1');
  publisher.stream.end();
  await until(() => gate.told.length === 2);
  expect(gate.told.map(({ action, client }) => `${action} ${client.ip}`)).toEqual([
    'on_unpublish 127.0.0.1',
    'on_close 127.0.0.1',
  ]);
});

test('what two publish in pieces that come in turns stays apart', async () => {
  const { server } = await start({ vhosts: [vhost()] });
  const names = ['one', 'two'];
  const publishers = await Promise.all(names.map(() => connected(portOf(server))));
  const players = await Promise.all(names.map(() => connected(portOf(server))));
  for (const [index, name] of names.entries()) {
    publishers[index]?.say(say.publish(name));
    await publishers[index]?.hear('onStatus@1 NetStream.Publish.Start');
    players[index]?.say(say.play(name));
    await players[index]?.hear('onStatus@1 NetStream.Play.Start');
  }
  const streams = names.map((name) =>
    pieces(
      cat(...Array.from({ length: 8 }, (_, at) => say.video(flv.keyframe(`${name}${at}`.repeat(20)), at))),
      [3, 9, 60, 120, 135, 141, 300, 305, 500],
    ),
  );
  for (const [at, piece] of (streams[0] ?? []).entries()) {
    for (const [index, part] of [piece, streams[1]?.[at]].entries()) {
      const stream = publishers[index]?.stream as Socket;
      stream.setNoDelay(true);
      await new Promise<void>((resolve) => stream.write(part ?? Buffer.alloc(0), () => resolve()));
      await turn();
    }
  }
  for (const [index, name] of names.entries()) {
    for (let at = 0; at < 8; at++) await players[index]?.hear(`video@1 ${at} ${`${name}${at}`.repeat(20)}`);
  }
});

test('a publisher that comes back finds its name free, though its first socket was not being read', async () => {
  const clock = new FakeClock('real');
  const { server, gate } = await start({}, { clock });
  const first = await connected(portOf(server));
  first.say(say.publish('cam'));
  await first.hear('onStatus@1 NetStream.Publish.Start');
  clock.advance(250);
  // Answered, and so read; from here on the socket rests.
  first.say(say.ping(1));
  await first.hear('control 7 1');
  first.say(...PICTURE);
  first.stream.end();
  const second = await connected(portOf(server));
  second.say(say.publish('cam'));
  await second.hear('onStatus@1 NetStream.Publish.Start');
  expect(gate.told.map(({ action }) => action)).toEqual(['on_unpublish', 'on_close']);
});

test('a client that resets its connection while the gate is asked is noticed', async () => {
  const { server, gate } = await start();
  gate.keepsWaiting('on_publish');
  const peer = await connected(portOf(server));
  peer.say(say.publish('cam'));
  const { signal } = await gate.question();
  (peer.stream as Socket).resetAndDestroy();
  await until(() => gate.told.length === 1);
  expect(signal.aborted).toBe(true);
  expect(gate.told[0]).toMatchObject({ action: 'on_close', reason: 'client' });
});

describe('max_connections', () => {
  test('turns away who comes over it, until somebody leaves', async () => {
    const clock = new FakeClock('real');
    const { server, log } = await start({ maxConnections: 2 }, { clock });
    const port = portOf(server);
    const first = await connected(port);
    await connected(port);
    const { peer: third } = await dial(port);
    await third.ended;
    expect(third.bytes).toBe(0);
    first.stream.end();
    await until(() => server.connections === 1);
    await connected(port);
    clock.advance(1000);
    expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { turnedAway: 1, maxConnections: 2 } },
    ]);
  });
});

describe('proxy_protocol', () => {
  const proxyProtocol = { enabled: true, trusted: ['127.0.0.0/8'] };
  const LINE = cat('PROXY TCP4 203.0.113.9 10.0.0.1 4660 1935\r\n');
  const BINARY = cat(
    Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
    [0x21, 0x21],
    be(36, 2),
    Buffer.from('20010db8000000000000000000000009', 'hex'),
    Buffer.alloc(16),
    be(0, 4),
  );
  const DIALOGUE = cat(handshake, say.connect(), say.createStream());

  test.each([
    ['a line', LINE, '203.0.113.9'],
    ['a binary header', BINARY, '2001:db8::9'],
    ['a header that knows nothing', cat('PROXY UNKNOWN\r\n'), '127.0.0.1'],
  ])('takes the client\u2019s address from %s', async (_what, header, ip) => {
    const { server, gate } = await start({ proxyProtocol });
    const { peer } = await dial(portOf(server));
    peer.say(header, DIALOGUE);
    await peer.hear('_result 2');
    expect(gate.asked[0]?.client.ip).toBe(ip);
  });

  test.each([
    ['a line', LINE],
    ['a binary header', BINARY],
  ])('reads %s wherever it is cut', async (_what, header) => {
    const { server } = await start({ proxyProtocol, maxConnections: 1000 });
    const whole = cat(header, DIALOGUE);
    for (let cut = 1; cut <= header.length + 1; cut++) {
      const { peer, socket } = await dial(portOf(server));
      socket.setNoDelay(true);
      for (const piece of pieces(whole, [cut])) {
        await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
        await turn();
      }
      await peer.hear('_result 2');
      socket.destroy();
    }
  });

  test.each([
    ['no header', DIALOGUE],
    ['a header that makes no sense', cat('PROXY TCP4 nonsense\r\n')],
  ])('refuses a trusted proxy with %s', async (_what, bytes) => {
    const { server, gate, log } = await start({ proxyProtocol });
    const { peer } = await dial(portOf(server));
    peer.say(bytes);
    await peer.ended;
    expect(peer.bytes).toBe(0);
    expect(gate.log).toEqual([]);
    expect(log.lines).toMatchObject([{ message: 'connection dropped', fields: { ip: '127.0.0.1' } }]);
    expect(server.connections).toBe(0);
  });

  test('counts a proxy that says nothing, and gives it up after the handshake time-out', async () => {
    const clock = new FakeClock('real');
    const { server, log } = await start({ proxyProtocol }, { clock });
    const { peer } = await dial(portOf(server));
    await until(() => server.connections === 1);
    clock.advance(HANDSHAKE_TIMEOUT_MS);
    await peer.ended;
    expect(server.connections).toBe(0);
    expect(log.lines[0]?.fields['why']).toBe('no PROXY header came from a trusted proxy');
  });

  test('lets go of a proxy that leaves within its header', async () => {
    const { server, log } = await start({ proxyProtocol });
    const { peer } = await dial(portOf(server));
    peer.say(LINE.subarray(0, 10));
    await until(() => server.connections === 1);
    peer.breakOff();
    await until(() => server.connections === 0);
    expect(log.lines[0]?.message).toBe('connection dropped');
  });

  test('takes peers that are not trusted as they are', async () => {
    const { server, gate } = await start({ proxyProtocol: { enabled: true, trusted: ['10.0.0.0/8'] } });
    await connected(portOf(server));
    expect(gate.asked[0]?.client.ip).toBe('127.0.0.1');
  });

  test('lets go of waiting proxies when the server stops', async () => {
    const { server } = await start({ proxyProtocol });
    const { peer } = await dial(portOf(server));
    await until(() => server.connections === 1);
    await server.stop();
    await peer.ended;
    expect(server.connections).toBe(0);
  });
});

describe('reload', () => {
  const here = (port: number) => ({ host: '127.0.0.1', port });
  const refusedAt = (port: number) =>
    dial(port).then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  test('opens and closes listeners and drops nobody', async () => {
    const { server } = await start();
    const first = portOf(server);
    const client = await connected(first);
    const spare = await createServer(config(), { logger: keepingLog() });
    const second = portOf(spare);
    await spare.stop();
    await server.reload(config({ listen: [here(0), here(second)] }));
    expect(server.addresses.map(({ port }) => port)).toEqual([first, second]);
    await connected(second);
    await server.reload(config({ listen: [here(second)] }));
    expect(await refusedAt(first)).toContain('ECONNREFUSED');
    client.say(say.ping(5));
    await client.hear('control 7 5');
    await connected(second);
  });

  test('that cannot have an address changes nothing', async () => {
    const { server, gate } = await start();
    const other = await start();
    const taken = portOf(other.server);
    const client = await connected(portOf(server));
    const wanted = config({ listen: [here(taken)], vhosts: [vhost({ name: 'other' })] });
    await expect(server.reload(wanted)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${taken}: another program has this port`,
    );
    client.say(say.publish('cam'));
    await client.hear('onStatus@1 NetStream.Publish.Start');
    await connected(portOf(server));
    expect(gate.told).toEqual([]);
  });

  test('that cannot have one of several addresses opens none of them', async () => {
    const { server } = await start();
    const other = await start();
    const spare = await createServer(config(), { logger: keepingLog() });
    const free = portOf(spare);
    await spare.stop();
    const listen = [here(0), here(free), here(portOf(other.server))];
    await expect(server.reload(config({ listen }))).rejects.toThrow('cannot listen');
    expect(await refusedAt(free)).toContain('ECONNREFUSED');
  });

  test('shows out the clients of a vhost that is gone', async () => {
    const { server, gate } = await start({ vhosts: [vhost(), vhost({ name: 'v' })] });
    const stays = await connected(portOf(server));
    const goes = await connected(portOf(server));
    goes.say(say.publish('cam?vhost=v'));
    await goes.hear('onStatus@1 NetStream.Publish.Start');
    await server.reload(config());
    await goes.ended;
    expect(goes.heard.at(-1)).toBe('onStatus@0 NetConnection.Connect.Closed');
    await until(() => gate.told.length === 3);
    expect(gate.told.map(({ action }) => action)).toEqual(['on_unpublish', 'on_close', 'on_close']);
    stays.say(say.ping(1));
    await stays.hear('control 7 1');
  });
});

test('a server that cannot listen does not come to be, and leaves nothing running', async () => {
  const { server } = await start();
  const clock = new FakeClock('real');
  const wanted = config({ listen: [{ host: '127.0.0.1', port: portOf(server) }] });
  await expect(createServer(wanted, { logger: keepingLog(), clock })).rejects.toThrow(
    'another program has this port',
  );
  clock.advance(2000);
  expect(clock.pending).toEqual([]);
});

test('an address that this machine does not have is explained', async () => {
  const wanted = config({ listen: [{ host: '203.0.113.1', port: 0 }] });
  await expect(createServer(wanted, { logger: keepingLog() })).rejects.toThrow(
    'this machine has no such address',
  );
});

describe('stop', () => {
  async function withBackend(script: Script, drainTimeoutMs = 5_000) {
    const backend = await startBackend(script);
    onTestFinished(() => backend.close());
    const urls = { on_unpublish: [`${backend.origin}/hook`], on_close: [`${backend.origin}/hook`] };
    const hooks = { ...NO_HOOKS, enabled: true, urls };
    const running = await start({ vhosts: [vhost({ hooks })], drainTimeoutMs });
    const peer = await connected(portOf(running.server));
    peer.say(say.publish('cam'));
    await peer.hear('onStatus@1 NetStream.Publish.Start');
    return { ...running, backend, peer };
  }

  test('closes clients with a word, lets nobody in, and waits until closing hooks are delivered', async () => {
    const { server, backend, peer } = await withBackend(() => '0');
    const port = portOf(server);
    await server.stop();
    const actions = backend.received.map(({ body }) => JSON.parse(body).action);
    expect(actions).toEqual(['on_unpublish', 'on_close']);
    await peer.ended;
    expect(await peer.info('onStatus@0')).toMatchObject({ description: 'The server is stopping.' });
    await expect(dial(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('waits no longer than drain_timeout', async () => {
    const { server, backend, log } = await withBackend(() => undefined, 50);
    await server.stop();
    expect(backend.received).toHaveLength(1);
    expect(log.lines.map(({ message }) => message)).toContain('events lost while stopping');
  });

  test('may be asked for twice', async () => {
    const { server } = await withBackend(() => '0');
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });

  test('ends a question that is out, and what it opened', async () => {
    const { server, gate } = await start();
    gate.keepsWaiting('on_publish').allowsTheLate();
    const peer = await connected(portOf(server));
    peer.say(say.publish('cam'));
    await gate.question();
    await server.stop();
    expect(gate.log.slice(2)).toEqual(['tell on_unpublish cam shutdown', 'tell on_close live shutdown']);
  });

  test('turns away who comes over a stream of the caller\u2019s own afterwards', async () => {
    const { server } = await start();
    await server.stop();
    const { pipe } = await import('../support/pipe.ts');
    const [ours, theirs] = pipe();
    const peer = new RawPeer(theirs);
    server.door.enter(ours, '192.0.2.1');
    peer.shakeHands();
    await peer.ended;
    expect(peer.bytes).toBe(0);
    expect(server.connections).toBe(0);
  });
});

test('the gate of the embedder is asked before the rules and hooks of the configuration', async () => {
  const security = [{ verdict: 'deny', role: 'publish', from: 'all' }] as const;
  const { server, gate } = await start({ vhosts: [vhost({ security })] });
  gate.answers('on_publish', ALLOWED);
  const peer = await connected(portOf(server));
  peer.say(say.publish('cam'));
  await peer.ended;
  expect(await peer.info('onStatus@1')).toMatchObject({
    code: 'NetStream.Publish.Denied',
    description: 'publish from 127.0.0.1 is refused by "security": deny publish all',
  });
  expect(gate.log.at(1)).toBe('ask on_publish cam');
});
