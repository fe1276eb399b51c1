import { copyFileSync } from 'node:fs';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { CertificateFiles, Config, TlsListenOptions } from '../../src/model/options.ts';
import { createServer } from '../../src/server/server.ts';
import { MAX_TLS_HANDSHAKES, TLS_HANDSHAKE_TIMEOUT_MS } from '../../src/tls/handshakes.ts';
import { certificateMaker, trusting } from '../support/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { keepingLog, PICTURE } from '../support/memory-server.ts';
import { config, vhost } from '../support/options.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { handshake, say } from '../support/say.ts';

const HERE = { host: '127.0.0.1', port: 0 };

const listener = (files: CertificateFiles): TlsListenOptions => {
  return { listen: [HERE], versions: ['TLSv1.2', 'TLSv1.3'], ...files };
};

/** A real server with RTMPS, whose certificates are for `a.example`, and its own vhost's for `b.example`. */
async function start(context: TestContext, options: Partial<Config> = {}) {
  const maker = certificateMaker(context);
  const files = maker.make('server', ['a.example']);
  const own = maker.make('own', ['b.example', 'also.example']);
  const renewed = maker.make('renewed', ['a.example', 'new.example']);
  const clock = new FakeClock('real');
  const gate = new FakeGate();
  const log = keepingLog();
  const wanted = (more: Partial<Config> = {}) =>
    config({
      rtmps: listener(files),
      vhosts: [vhost(), vhost({ name: 'b.example', tls: own })],
      ...options,
      ...more,
    });
  const server = await createServer(wanted(), { logger: log, gate, clock });
  onTestFinished(() => server.stop());
  const portOf = (protocol: string) =>
    server.addresses.find((address) => address.protocol === protocol)?.port ?? 0;
  const ca = [trusting(files), trusting(own), trusting(renewed)];
  return {
    server,
    clock,
    gate,
    log,
    files,
    renewed,
    wanted,
    portOf,
    /** Shakes TLS hands as somebody who knows the server by this name and trusts its certificates. */
    async dial(servername: string, socket?: Socket): Promise<TLSSocket> {
      const where = socket ? { socket } : { port: portOf('rtmps'), host: '127.0.0.1' };
      const secured = connect({ ...where, servername, ca });
      onTestFinished(() => void secured.destroy());
      await new Promise<void>((resolve, reject) =>
        secured.once('secureConnect', resolve).once('error', reject),
      );
      return secured;
    },
    /** A socket that says nothing by itself. */
    async dialPlainly(): Promise<Socket> {
      const socket = connectTcp(portOf('rtmps'), '127.0.0.1').on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      return socket;
    },
    async dropped(): Promise<unknown> {
      const isSaid = () => log.lines.find(({ message }) => message === 'connection dropped');
      while (!isSaid()) await turn();
      return isSaid()?.fields['why'];
    },
  };
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()).resume());

async function connected(socket: Socket, tcUrl = 'rtmps://10.0.0.1/live'): Promise<RawPeer> {
  const peer = new RawPeer(socket);
  peer.shakeHands().say(say.connect({ tcUrl }), say.createStream());
  await peer.hear('_result 2');
  return peer;
}

/** A connection by way of a proxy that sends the line in one segment with what the client says first. */
async function balancer(port: number, line: string): Promise<Socket> {
  const server = createTcpServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    far.on('error', () => near.destroy()).pipe(near);
    near
      .on('error', () => far.destroy())
      .once('data', (first) => {
        far.write(Buffer.concat([Buffer.from(line), first]));
        near.pipe(far);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('over TLS', () => {
  test('one publishes what another plays beside TLS, and hooks hear of both alike', async (context) => {
    const { dial, gate, portOf } = await start(context);
    const publisher = await connected(await dial('a.example'), 'rtmps://a.example:1443/live');
    const plain = connectTcp(portOf('rtmp'), '127.0.0.1');
    onTestFinished(() => void plain.destroy());
    const players = [await connected(await dial('a.example')), await connected(plain)];
    publisher.say(say.publish('cam'), ...PICTURE);
    await publisher.hear('onStatus@1 NetStream.Publish.Start');
    for (const player of players) {
      player.say(say.play('cam'));
      await player.hear('video@1 40 f1');
    }
    const [asked] = gate.asked;
    expect(asked).toMatchObject({ client: { ip: '127.0.0.1' }, tcUrl: 'rtmps://a.example:1443/live' });
    publisher.stream.end();
    await until(() => gate.told.length === 2);
    expect(gate.told.map(({ action }) => action)).toEqual(['on_unpublish', 'on_close']);
  });

  test('no version is spoken but those that are wanted', async (context) => {
    const { server, wanted, dial, files } = await start(context);
    expect((await dial('a.example')).getProtocol()).toBe('TLSv1.3');
    await server.reload(wanted({ rtmps: { ...listener(files), versions: ['TLSv1.2'] } }));
    expect((await dial('a.example')).getProtocol()).toBe('TLSv1.2');
    expect((await dial('b.example')).getProtocol()).toBe('TLSv1.2');
  });

  test('TLS 1.2 is spoken, and nothing older', async (context) => {
    const { dropped, files, portOf } = await start(context);
    const speak = (version: 'TLSv1.1' | 'TLSv1.2', ciphers: string) =>
      new Promise<string | null>((resolve) => {
        const versions = { minVersion: version, maxVersion: version } as const;
        const socket = connect({
          port: portOf('rtmps'),
          ca: trusting(files),
          servername: 'a.example',
          ciphers,
          ...versions,
        });
        socket.once('secureConnect', () => resolve(socket.getProtocol()));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        onTestFinished(() => void socket.destroy());
      });
    expect(await speak('TLSv1.2', 'DEFAULT')).toBe('TLSv1.2');
    expect(await speak('TLSv1.1', 'DEFAULT@SECLEVEL=0')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect(await dropped()).toBe('the client knows no version of TLS that is spoken here (see "protocols")');
  });

  test('a trusted proxy says whose connection it is, in the same segment or before', async (context) => {
    const { dialPlainly, dial, gate, portOf } = await start(context, {
      proxyProtocol: { enabled: true, trusted: ['127.0.0.1'] },
    });
    const line = 'PROXY TCP4 203.0.113.9 10.0.0.1 4660 1443\r\n';
    const before = await dialPlainly();
    await new Promise<void>((resolve) => before.write(line, () => resolve()));
    await connected(await dial('a.example', before));
    const together = await balancer(portOf('rtmps'), line);
    await connected(await dial('a.example', together));
    expect(gate.asked.map(({ client }) => client.ip)).toEqual(['203.0.113.9', '203.0.113.9']);
  });
});

describe('certificates', () => {
  test('are chosen by the name that the client wants', async (context) => {
    const { dial } = await start(context);
    const names = async (host: string) => (await dial(host)).getPeerX509Certificate()?.subjectAltName;
    expect(await names('a.example')).toBe('DNS:a.example');
    expect(await names('b.example')).toBe('DNS:b.example, DNS:also.example');
    expect(await names('also.example')).toBe('DNS:b.example, DNS:also.example');
    await expect(dial('c.example')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('are renewed for those who come, and those who are there stay', async (context) => {
    const { dial, files, renewed, clock, log } = await start(context);
    const publisher = await connected(await dial('a.example'));
    publisher.say(say.publish('cam'));
    await publisher.hear('onStatus@1 NetStream.Publish.Start');
    copyFileSync(renewed.cert, files.cert);
    copyFileSync(renewed.key, files.key);
    clock.advance(5000);
    await until(() => log.lines.some(({ message }) => message === 'certificate renewed'));
    const player = await connected(await dial('new.example'));
    player.say(say.play('cam'));
    await player.hear('onStatus@1 NetStream.Play.Start');
    publisher.say(...PICTURE);
    await player.hear('video@1 40 f1');
  });
});

describe('what comes to nothing', () => {
  test.for([
    ['RTMP without TLS', handshake, 'what the client sent is not TLS: at this port URLs begin with rtmps://'],
    ['HTTP without TLS', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'the client sent HTTP without TLS'],
    ['noise', Buffer.alloc(3000, 0xff), 'what the client sent is not TLS'],
  ] as const)('%s is closed with a line in the log', async ([, bytes, why], context) => {
    const { dialPlainly, dropped, server } = await start(context);
    const socket = await dialPlainly();
    socket.write(bytes);
    await closed(socket);
    expect(await dropped()).toContain(why);
    expect(server.connections).toBe(0);
  });

  test('whatever comes, in whatever pieces, the next client is served', async (context) => {
    const { dialPlainly, dial, server } = await start(context);
    const hello = Buffer.from('16030100a2010000 9e0303'.replace(' ', ''), 'hex');
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
    const property = fc.asyncProperty(fc.boolean(), pieces, async (begins, parts) => {
      const socket = await dialPlainly();
      if (begins) socket.write(hello);
      for (const part of parts) socket.write(part);
      socket.end();
      await closed(socket);
    });
    await fc.assert(property, { numRuns: 50 });
    await connected(await dial('a.example'));
    await until(() => server.connections === 1);
  });

  test('a client that does not trust the certificate is told of in the log', async (context) => {
    const { portOf, dropped } = await start(context);
    const socket = connect({ port: portOf('rtmps'), servername: 'a.example' });
    await new Promise((resolve) => socket.once('error', resolve));
    expect(await dropped()).toMatch(/trust the certificate/);
  });

  test('a handshake that does not go on is closed in time, and counts until then', async (context) => {
    const { dialPlainly, dropped, server, clock } = await start(context);
    const socket = await dialPlainly();
    socket.write(Buffer.from('160301', 'hex'));
    await until(() => server.connections === 1);
    clock.advance(TLS_HANDSHAKE_TIMEOUT_MS);
    await closed(socket);
    expect(server.connections).toBe(0);
    expect(await dropped()).toBe(`the TLS handshake was not complete after ${TLS_HANDSHAKE_TIMEOUT_MS} ms`);
  });

  test('somebody who says nothing and goes is no line in the log', async (context) => {
    const { dialPlainly, log, server } = await start(context);
    const socket = await dialPlainly();
    await until(() => server.connections === 1);
    socket.end();
    await closed(socket);
    await until(() => server.connections === 0);
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('stopping breaks off handshakes', async (context) => {
    const { dialPlainly, server } = await start(context);
    const socket = await dialPlainly();
    await until(() => server.connections === 1);
    await server.stop();
    await closed(socket);
    expect(server.connections).toBe(0);
  });
});

describe('a reload', () => {
  test('opens and closes RTMPS, and turns a port over to it, without touching who is there', async (context) => {
    const { server, wanted, dial, portOf, files } = await start(context, { rtmps: undefined });
    const plain = connectTcp(portOf('rtmp'), '127.0.0.1');
    onTestFinished(() => void plain.destroy());
    const publisher = await connected(plain);
    publisher.say(say.publish('cam'), ...PICTURE);
    await publisher.hear('onStatus@1 NetStream.Publish.Start');
    await server.reload(wanted({ rtmps: listener(files) }));
    const player = await connected(await dial('a.example'));
    player.say(say.play('cam'));
    await player.hear('video@1 40 f1');
    const port = portOf('rtmps');
    await server.reload(wanted());
    expect(portOf('rtmps')).toBe(0);
    player.say(say.ping(7));
    await player.hear('control 7 7');
    await server.reload(wanted({ listen: [{ ...HERE, port }] }));
    const here = connectTcp(port, '127.0.0.1');
    onTestFinished(() => void here.destroy());
    await connected(here);
    await server.reload(wanted({ rtmps: { ...listener(files), listen: [{ ...HERE, port }] } }));
    await connected(await dial('a.example'));
  });

  test('with a certificate that is of no use changes nothing', async (context) => {
    const { server, wanted, dial, files, renewed } = await start(context);
    const broken = listener({ cert: files.cert, key: renewed.key });
    await expect(server.reload(wanted({ rtmps: broken }))).rejects.toThrow('is not the key of');
    await connected(await dial('a.example'));
  });
});

test('more handshakes than may be under way are turned away, and one line says how many', async (context) => {
  const { dialPlainly, server, clock, log } = await start(context, { maxConnections: 5000 });
  for (let i = 0; i < MAX_TLS_HANDSHAKES; i++) await dialPlainly();
  await until(() => server.connections === MAX_TLS_HANDSHAKES);
  for (let i = 0; i < 3; i++) await closed(await dialPlainly());
  clock.advance(1000);
  expect(log.lines).toContainEqual({
    level: 'warn',
    message: 'TLS handshake limit reached, connections dropped',
    fields: { turnedAway: 3 },
  });
});
