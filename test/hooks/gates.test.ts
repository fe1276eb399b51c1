import { once } from 'node:events';
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { freePort } from './scripted-backend.ts';
import {
  backend,
  FACTS,
  gateEvent,
  gateFor,
  handClock,
  hookOptions,
  openGate,
  openHooks,
  staying,
} from './support.ts';

test('an event without URLs is allowed, as is everything while hooks are off', async () => {
  const { gate } = openGate({ on_play: [] });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({ allowed: true });
  const off = openGate({ on_play: ['http://127.0.0.1:9/'] }, { enabled: false });
  expect(await off.gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
});

test('a vhost that the snapshot lacks lets nobody through', async () => {
  const { gate } = openGate({});
  const verdict = await gate.authorize(gateEvent('on_play', { vhost: 'other' }), staying());
  expect(verdict).toEqual({ allowed: false, message: 'The vhost is not configured.' });
});

test('the URLs are asked in order, with the body and headers of the dialect', async () => {
  const { origin, received } = await backend(() => '0');
  const host = origin.slice('http://'.length);
  const { gate, logger } = openGate({
    on_publish: [`http://us%65r:p%40ss@${host}/one?a=1&b=%20`, `${origin}/two`],
  });
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({ allowed: true });
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /one?a=1&b=%20', 'POST /two']);
  expect(received[0]?.headers).toEqual({
    host,
    connection: 'keep-alive',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(received[0]?.body ?? '')),
    'user-agent': 'Gatecast(srs1)0.1.0',
    authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    'webhook-id': expect.stringMatching(/^[\da-f-]{36}$/),
  });
  expect(received[1]?.headers.authorization).toBeUndefined();
  expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({
    action: 'on_publish',
    client_id: 7,
    stream: 'cam',
  });
  expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual(['debug gate allowed']);
});

test('srs5 says so in its User-Agent and its client_id', async () => {
  const { origin, received } = await backend(() => ({ status: 201, body: '{"code":0}' }));
  const { gate } = openGate({ on_play: [origin] }, { schema: 'srs5' });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(received[0]?.headers['user-agent']).toBe('Gatecast/0.1.0(srs5)');
  expect(JSON.parse(received[0]?.body ?? '').client_id).toBe('a1b2c3d4');
});

test('the first refusal stops the chain, reaches the client and is one line in the log', async () => {
  const { origin, received } = await backend(({ url }) =>
    url.startsWith('/no') ? { status: 200, body: '{"code":403,"message":"token expired"}' } : '0',
  );
  const { gate, logger } = openGate({
    on_publish: [`${origin}/yes`, `${origin}/no?key=secret`, `${origin}/never`],
  });
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({
    allowed: false,
    message: 'code 403: token expired',
  });
  expect(received.map(({ url }) => url)).toEqual(['/yes', '/no?key=secret']);
  expect(logger.lines).toEqual([
    {
      level: 'info',
      message: 'gate refused',
      fields: {
        action: 'on_publish',
        client: 'a1b2c3d4',
        ip: '203.0.113.9',
        vhost: 'live.example.com',
        app: 'live',
        stream: 'cam',
        url: `${origin}/no?key=***`,
        reason: 'code 403: token expired',
        ms: expect.any(Number),
      },
    },
  ]);
});

test('an answer that is none is a warning, and the client is not shown what it was', async () => {
  const { origin } = await backend(() => '<b>Fatal error</b>: /srv/www/hook.php');
  const { gate, logger } = openGate({ on_play: [origin] });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    failed: true,
    message: 'The backend gave an invalid answer.',
  });
  expect(logger.at('warn')[0]?.fields.reason).toContain('Fatal error');
});

test('one deadline covers the whole chain', async () => {
  const clock = handClock();
  const { origin, arrival } = await backend(({ url }) => (url === '/quick' ? '0' : undefined));
  const { gate, logger } = openGate(
    { on_play: [`${origin}/quick`, `${origin}/slow`] },
    { timeoutMs: 3000 },
    clock,
  );
  const verdict = gate.authorize(gateEvent('on_play'), staying());
  const slow = await arrival(2);
  clock.advance(2999);
  clock.advance(1);
  expect(await verdict).toEqual({
    allowed: false,
    failed: true,
    message: 'The backend did not answer within 3000 ms.',
  });
  await slow.gone;
  expect(logger.at('warn')[0]?.fields).toMatchObject({
    reason: `The backend ${origin}/slow did not answer within 3000 ms.`,
    ms: 3000,
  });
  expect(clock.pending()).toBe(0);
});

test('waiting for a free connection counts too', async () => {
  const clock = handClock();
  const { origin, arrival, received } = await backend(() => undefined);
  const { gate } = openGate({ on_play: [origin] }, { timeoutMs: 3000 }, clock);
  const verdicts = Array.from({ length: 70 }, () => gate.authorize(gateEvent('on_play'), staying()));
  await arrival(64);
  clock.advance(3000);
  expect(new Set((await Promise.all(verdicts)).map((verdict) => verdict.allowed))).toEqual(new Set([false]));
  expect(received).toHaveLength(64);
  const afterwards = gate.authorize(gateEvent('on_play'), staying());
  await arrival(65);
  clock.advance(3000);
  expect((await afterwards).allowed).toBe(false);
});

test('at most 64 connections are opened, and all who wait get their turn on them', async () => {
  const { origin, connections, received } = await backend(() => '0');
  const { gate } = openGate({ on_play: [`${origin}/a`, `${origin}/b`] });
  const verdicts = await Promise.all(
    Array.from({ length: 300 }, () => gate.authorize(gateEvent('on_play'), staying())),
  );
  expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(300);
  expect(received).toHaveLength(600);
  expect(connections()).toBeLessThanOrEqual(64);
});

test('a client that goes ends the question and its request, without a warning', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, logger } = openGate({ on_publish: [origin, `${origin}/second`] });
  const client = new AbortController();
  const verdict = gate.authorize(gateEvent('on_publish'), client.signal);
  const request = await arrival(1);
  client.abort();
  expect((await verdict).allowed).toBe(false);
  await request.gone;
  expect(logger.at('info', 'warn', 'error')).toEqual([]);
  expect(await gate.authorize(gateEvent('on_publish'), client.signal)).toEqual({
    allowed: false,
    message: 'The client has gone.',
  });
});

test('closing refuses what is open and all that comes later', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, hooks, logger } = openGate({ on_play: [origin] });
  const open = gate.authorize(gateEvent('on_play'), staying());
  const request = await arrival(1);
  await hooks.close();
  expect(await open).toEqual({
    allowed: false,
    failed: true,
    message: 'The backend was not waited for: the server is stopping.',
  });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    message: 'The server is stopping.',
  });
  await request.gone;
  expect(logger.at('info', 'warn', 'error')).toEqual([]);
});

test('a URL that is none is an error of the configuration', () => {
  const { hooks } = openHooks();
  const withUrl = (url: string) => () => gateFor(hooks, new Map([['v', hookOptions({ on_play: [url] })]]));
  expect(withUrl('/relative')).toThrow('A hook needs an absolute http or https URL.');
  expect(withUrl('ftp://host/')).toThrow('A hook needs an absolute http or https URL.');
});

test('a stray % in the userinfo stands for itself', async () => {
  const { origin, received } = await backend(() => '0');
  const { gate } = openGate({ on_play: [origin.replace('http://', 'http://100%@')] });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('100%:').toString('base64')}`);
});

test('a client that goes while the connection is still being made leaves no request behind', async () => {
  const { origin, received } = await backend(({ url }) => (url === '/first' ? undefined : '0'));
  const { gate } = openGate({ on_publish: [`${origin}/first`], on_play: [`${origin}/second`] });
  const client = new AbortController();
  const verdict = gate.authorize(gateEvent('on_publish'), client.signal);
  client.abort();
  expect(await verdict).toEqual({
    allowed: false,
    message: 'The backend was not waited for: the client has gone.',
  });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(received.map(({ url }) => url)).toEqual(['/second']);
});

test('a CA text that is no certificate refuses, rather than trusting anybody', async () => {
  const { origin } = await backend(() => '0', { https: true });
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const { gate } = openGate({ on_play: [origin] }, { ca: broken });
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(false);
});

test('snapshots share connections; those that only an old one uses are closed, and it still works', async () => {
  const kept = await backend(() => '0');
  const left = await backend(() => '0');
  const { hooks } = openHooks();
  const gateOf = (...urls: string[]) =>
    gateFor(hooks, new Map([[FACTS.vhost, hookOptions({ on_play: urls })]]));
  const old = gateOf(kept.origin, left.origin);
  await old.authorize(gateEvent('on_play'), staying());
  const { socket } = await left.arrival(1);
  const closed = once(socket, 'close');
  const fresh = gateOf(kept.origin);
  await closed;
  await fresh.authorize(gateEvent('on_play'), staying());
  expect(kept.connections()).toBe(1);
  expect(await old.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(left.connections()).toBe(2);
});

test('a reload lets the requests of the old snapshot finish before it closes their connection', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { hooks, gate } = openGate({ on_play: [origin] });
  const verdict = gate.authorize(gateEvent('on_play'), staying());
  const request = await arrival(1);
  gateFor(hooks, new Map());
  request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
  expect(await verdict).toEqual({ allowed: true });
  await request.gone;
});

test('nobody listening is a sentence', async () => {
  const clock = handClock();
  const port = await freePort();
  const { gate, logger, observer } = openGate(
    { on_connect: [`http://user:pw@127.0.0.1:${port}/x?token=abc&flag`] },
    { timeoutMs: 10_000 },
    clock,
  );
  const verdict = gate.authorize(gateEvent('on_connect'), staying());
  await until('the first attempt', () => observer.deliveries.length === 1);
  clock.advance(10_000);
  const why =
    'did not answer within 10000 ms: it has been out of reach for 10 s (last: refused the connection)';
  expect(await verdict).toEqual({ allowed: false, failed: true, message: `The backend ${why}.` });
  expect(logger.at('warn').at(-1)?.fields.reason).toBe(
    `The backend http://***@127.0.0.1:${port}/x?token=***&*** ${why}.`,
  );
});
