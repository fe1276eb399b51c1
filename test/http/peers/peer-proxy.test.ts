import { createServer, type Socket } from 'node:net';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_FORWARDED, PeerProxy } from '../../../src/http/peers/peer-proxy.ts';
import type { Peers } from '../../../src/model/shared-state.ts';
import { stopped } from '../../support/stopped.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { PATIENCE_MS, until } from '../../support/until.ts';
import { WebClient } from '../../support/web-viewer.ts';

/** Only the sockets of the others are asked for. */
function peers(socketOf: (node: string) => string): Peers {
  const never = () => {
    throw new Error('nobody should ask for this');
  };
  return { node: '1', token: 'token', socketOf, placeOf: never, whenElsewhere: never, receive: never };
}

/** A server that passes everything on to process 2, which does with each connection what `behave` does. */
async function passing(behave?: (socket: Socket, request: string) => void, timeoutMs = PATIENCE_MS) {
  const directory = stopped(temporaryDirectory());
  const sockets = new Set<Socket>();
  if (behave) {
    const other = createServer((socket) => {
      socket.on('data', (bytes) => {
        // One that nothing was asked over yet is kept for later.
        sockets.add(socket);
        behave(socket, bytes.toString());
      });
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => other.listen(directory.file('2'), resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      other.close();
    });
  }
  const proxy = new PeerProxy(peers((node) => directory.file(node)));
  const app = fastify({ forceCloseConnections: true });
  app.get('*', async (http, reply) => {
    const forwarded = await proxy.forward('2', { ip: '192.0.2.1' }, timeoutMs, http, reply);
    return forwarded ? reply : reply.code(299).send('nobody');
  });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await proxy.close();
    await app.close();
  });
  const get = async (init: RequestInit = {}) => {
    const answer = await fetch(`${base}/live/cam.m3u8?a=b`, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return { get, sockets, base };
}

const answering =
  (head: string, body = '') =>
  (socket: Socket) =>
    void socket.write(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

test('says what the viewer said, with the token, and nothing that is for this process', async () => {
  let said = '';
  const { get } = await passing((socket, request) => {
    said = request;
    answering('200 OK\r\nETag: "1"\r\nX-Secret: s\r\nConnection: keep-alive', 'media')(socket);
  });
  const headers = {
    range: 'bytes=0-',
    'x-forwarded-for': '203.0.113.1',
    'gatecast-token': 'guess',
    cookie: 'c',
  };
  const answer = await get({ headers });
  expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([200, 'media', '"1"']);
  expect(answer.headers.get('x-secret')).toBe(null);
  expect(said).toMatch(/^GET \/live\/cam\.m3u8\?a=b HTTP\/1\.1\r\n/);
  expect(said).toMatch(/\r\nhost: 127\.0\.0\.1:\d+\r\n/);
  expect(said).toMatch(/\r\nrange: bytes=0-\r\n/);
  expect(said).toMatch(/\r\ngatecast-token: token\r\ngatecast-viewer: 192\.0\.2\.1\r\n/);
  expect(said).not.toMatch(/cookie|x-forwarded-for|guess/);
});

test('a process that does not begin to answer is 504, with a sentence', async () => {
  const { get } = await passing(() => undefined, 100);
  expect(await get()).toMatchObject({
    status: 504,
    text: 'the worker that has this stream does not respond: try again\n',
  });
});

test('a process that ends before it answers is 502, with a sentence', async () => {
  const { get } = await passing((socket) => socket.destroy());
  expect(await get()).toMatchObject({
    status: 502,
    text: 'the worker that has this stream exited: try again\n',
  });
});

test('a process that ends in the middle of its answer cuts it off', async () => {
  const { get } = await passing((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf');
  });
  await expect(get()).rejects.toThrow();
});

test('a process that is not there answers nothing', async () => {
  const { get } = await passing();
  expect(await get()).toMatchObject({ status: 299 });
});

test('a viewer who leaves takes his request along', async () => {
  const { get, sockets } = await passing(() => undefined);
  const abort = new AbortController();
  const request = get({ signal: abort.signal });
  await until('the request', () => sockets.size === 1);
  abort.abort();
  await expect(request).rejects.toThrow();
  await until('its end', () => sockets.size === 0);
});

test('a viewer who leaves in the middle of an answer takes it along', async () => {
  const { sockets, base } = await passing((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf');
  });
  const client = await WebClient.connect(Number(new URL(base).port));
  client.write('GET /live/cam-1.ts HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect((await client.head()).status).toBe(200);
  expect(sockets.size).toBe(1);
  client.socket.destroy();
  await until('its end', () => sockets.size === 0);
});

test('one request too many is 503', async () => {
  const { get, sockets } = await passing(() => undefined, 4 * PATIENCE_MS);
  const abort = new AbortController();
  const waiting: Promise<unknown>[] = [];
  // A few at a time: connections have a time limit too.
  while (waiting.length < MAX_FORWARDED) {
    for (let i = 0; i < 50; i++) waiting.push(get({ signal: abort.signal }).catch(() => undefined));
    await until(`${waiting.length} requests`, () => sockets.size === waiting.length);
  }
  expect((await get()).status).toBe(503);
  abort.abort();
  await Promise.all(waiting);
});
