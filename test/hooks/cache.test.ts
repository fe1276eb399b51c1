import { expect, test } from 'vitest';
import { sameQuestion } from '../../src/hooks/hook-authorizer.ts';
import { prepareHooks } from '../../src/hooks/vhost-hooks.ts';
import type { HookOptions } from '../../src/model/options.ts';
import type { Script } from './scripted-backend.ts';
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

/** A gate that caches for 10 s, before a backend that answers so. */
async function caching(script: Script, options: Partial<HookOptions> = {}) {
  const clock = handClock();
  const peer = await backend(script);
  const opened = openGate(
    { on_connect: [peer.origin], on_play: [peer.origin], on_update: [peer.origin] },
    { cacheMs: 10_000, cacheKey: ['vhost', 'app', 'stream', 'param'], ...options },
    clock,
  );
  const ask = (facts: Parameters<typeof gateEvent>[1] = {}, client = staying()) =>
    opened.gate.authorize(gateEvent('on_play', facts), client);
  return { ...peer, ...opened, clock, ask };
}

const client = (number: number) => ({ number, id: `client-${number}`, ip: `203.0.113.${number}` });

test('the same question is asked once in its time, whoever asks', async () => {
  const { ask, received, observer, clock } = await caching(() => '0');
  for (let i = 1; i <= 5; i++) expect(await ask({ client: client(i) })).toEqual({ allowed: true });
  expect(received).toHaveLength(1);
  expect(observer.hits).toBe(4);
  clock.advance(9999);
  await ask();
  expect(received).toHaveLength(1);
  clock.advance(1);
  await ask();
  expect(received).toHaveLength(2);
});

test('another question is asked', async () => {
  const { gate, ask, received } = await caching(({ body }) => (body.includes('"bad"') ? '{"code":1}' : '0'));
  expect((await ask()).allowed).toBe(true);
  expect((await ask({ stream: 'bad' })).allowed).toBe(false);
  expect((await ask({ param: '?token=other' })).allowed).toBe(true);
  await gate.authorize(gateEvent('on_connect'), staying());
  expect(received).toHaveLength(4);
});

test('cache_key says what makes questions the same', async () => {
  const { ask, received } = await caching(() => '0', { cacheKey: ['ip'] });
  await ask({ client: client(1) });
  await ask({ client: client(1), stream: 'other', param: '' });
  await ask({ client: client(2) });
  expect(received).toHaveLength(2);
});

test('a deliberate no is kept with its words, and each client it meets is a line in the log', async () => {
  const { ask, received, logger } = await caching(() => '{"code":403,"message":"token expired"}');
  const refused = { allowed: false, message: 'code 403: token expired' };
  expect(await ask({ client: client(1) })).toEqual(refused);
  expect(await ask({ client: client(2) })).toEqual(refused);
  expect(received).toHaveLength(1);
  expect(logger.at('info').map(({ message, fields }) => ({ message, ...fields }))).toMatchObject([
    { message: 'gate refused', client: 'client-1', reason: 'code 403: token expired' },
    { message: 'gate refused', client: 'client-2', reason: 'code 403: token expired', cached: true },
  ]);
});

test.each([
  ['a server in trouble', { status: 500 }],
  ['an answer that cannot be understood', 'Hello'],
])('%s is never kept, nor what on_error makes of it', async (_name, answer) => {
  const { ask, received } = await caching(() => answer, { onError: 'allow' });
  await ask();
  await ask();
  expect(received).toHaveLength(2);
});

test('a question that is out is joined', async () => {
  const { ask, arrival, received, observer } = await caching(() => undefined);
  const verdicts = Array.from({ length: 50 }, (_, i) => ask({ client: client(i) }));
  const { socket } = await arrival(1);
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
  expect(new Set((await Promise.all(verdicts)).map(({ allowed }) => allowed))).toEqual(new Set([true]));
  expect(received).toHaveLength(1);
  expect(observer.hits).toBe(49);
});

test('those who joined share a failure, and the next one asks', async () => {
  const { ask, arrival, clock, received } = await caching(() => undefined, { timeoutMs: 1000 });
  const verdicts = [ask(), ask()];
  await arrival(1);
  clock.advance(1000);
  const late = { allowed: false, failed: true, message: 'The backend did not answer within 1000 ms.' };
  expect(await Promise.all(verdicts)).toEqual([late, late]);
  void ask();
  await arrival(2);
  expect(received).toHaveLength(2);
});

test('one who leaves, even the first, does not end it for the others', async () => {
  const { ask, arrival } = await caching(() => undefined);
  const first = new AbortController();
  const left = ask({}, first.signal);
  const stayed = ask();
  const { socket } = await arrival(1);
  first.abort();
  expect(await left).toEqual({
    allowed: false,
    message: 'The backend was not waited for: the client has gone.',
  });
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
  expect(await stayed).toEqual({ allowed: true });
});

test('when all have left it is given up, and who comes then asks anew', async () => {
  const { ask, arrival } = await caching(() => undefined);
  const clients = [new AbortController(), new AbortController()];
  const verdicts = clients.map(({ signal }) => ask({}, signal));
  const request = await arrival(1);
  for (const leaving of clients) leaving.abort();
  const fresh = ask();
  await Promise.all(verdicts);
  await request.gone;
  const { socket } = await arrival(2);
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
  expect(await fresh).toEqual({ allowed: true });
});

test('Cache-Control of the answer shortens the time, and never lengthens it', async () => {
  const { ask, clock, received } = await caching(({ body }) => ({
    status: 200,
    body: '0',
    headers: { 'Cache-Control': body.includes('"short"') ? 'public, max-age=3' : 'max-age=3600' },
  }));
  await ask({ stream: 'short' });
  await ask({ stream: 'long' });
  clock.advance(2999);
  await ask({ stream: 'short' });
  expect(received).toHaveLength(2);
  clock.advance(1);
  await ask({ stream: 'short' });
  expect(received).toHaveLength(3);
  clock.advance(7000);
  await ask({ stream: 'long' });
  expect(received).toHaveLength(4);
});

test.each(['no-store', 'no-cache, private', 'max-age=0'])(
  'an answer with %s is for the one who asked alone, and the log says it once',
  async (value) => {
    const { ask, received, logger } = await caching(() => ({
      status: 200,
      body: '0',
      headers: { 'Cache-Control': value },
    }));
    await Promise.all(Array.from({ length: 5 }, () => ask()));
    await ask();
    expect(received).toHaveLength(6);
    expect(logger.at('info').map(({ message }) => message)).toEqual([
      'Cache-Control of the backend overrules the cache directive',
    ]);
  },
);

test('of several URLs the strictest decides how long', async () => {
  const clock = handClock();
  const { origin, received } = await backend(({ url }) => ({
    status: 200,
    body: '0',
    headers: url === '/2' ? { 'Cache-Control': 'max-age=1' } : {},
  }));
  const { gate } = openGate({ on_play: [`${origin}/1`, `${origin}/2`] }, { cacheMs: 10_000 }, clock);
  await gate.authorize(gateEvent('on_play'), staying());
  clock.advance(999);
  await gate.authorize(gateEvent('on_play'), staying());
  expect(received).toHaveLength(2);
  clock.advance(1);
  await gate.authorize(gateEvent('on_play'), staying());
  expect(received).toHaveLength(4);
});

test('what is about this moment is asked each time', async () => {
  const { gate, received } = await caching(() => '0');
  await gate.authorize(gateEvent('on_update'), staying());
  await gate.authorize(gateEvent('on_update'), staying());
  expect(received).toHaveLength(2);
});

test('a reload empties it', async () => {
  const { origin, received } = await backend(() => '0');
  const { hooks } = openHooks();
  const options = new Map([[FACTS.vhost, hookOptions({ on_play: [origin] }, { cacheMs: 10_000 })]]);
  for (let i = 0; i < 2; i++) {
    const gate = gateFor(hooks, options);
    await gate.authorize(gateEvent('on_play'), staying());
    await gate.authorize(gateEvent('on_play'), staying());
  }
  expect(received).toHaveLength(2);
});

test('vhosts share a verdict if their hooks are the same and the key leaves the vhost out', () => {
  const key = (vhost: string, options: Partial<HookOptions>) =>
    sameQuestion(
      gateEvent('on_play', { vhost }),
      prepareHooks(
        hookOptions({ on_play: ['http://127.0.0.1/'] }, { cacheMs: 1000, cacheKey: ['stream'], ...options }),
        '0.1.0',
      ),
    );
  expect(key('one', {})).toBe(key('two', {}));
  expect(key('one', {})).not.toBe(key('one', { schema: 'srs5' }));
  expect(key('one', {})).not.toBe(key('one', { urls: { on_play: ['http://127.0.0.1/other'] } }));
  expect(key('one', { cacheKey: ['vhost'] })).not.toBe(key('two', { cacheKey: ['vhost'] }));
});
