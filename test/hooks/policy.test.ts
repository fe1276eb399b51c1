import { expect, test } from 'vitest';
import type { HookPolicy } from '../../src/model/options.ts';
import { freePort } from './scripted-backend.ts';
import { backend, gateEvent, handClock, openGate, staying } from './support.ts';

const STRICT: HookPolicy = {
  connectTimeoutMs: 1000,
  timeoutMs: 1000,
  retries: 0,
  onError: 'deny',
  cacheMs: 0,
  cacheKey: [],
};

/** Fails `times` requests with a status, and says yes to the rest. */
const failing = (times: number, status = 503) => {
  let left = times;
  return backend(() => (left-- > 0 ? { status } : '0'));
};

test('a question is put again to a URL that fails to answer, as often as retries says', async () => {
  const { origin, received } = await failing(2, 500);
  const { gate, logger, observer } = openGate({ on_play: [origin] }, { retries: 2 });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  const ids = received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(1);
  expect(observer.deliveries.map(({ id, attempt, outcome }) => [id, attempt, outcome])).toEqual([
    [`${ids[0]}-1`, 1, 'failed'],
    [`${ids[0]}-2`, 2, 'failed'],
    [`${ids[0]}-3`, 3, 'allowed'],
  ]);
  expect(logger.at('info', 'warn')).toEqual([]);
});

test('and no more often', async () => {
  const { origin, received } = await failing(9, 500);
  const { gate } = openGate({ on_play: [origin] }, { retries: 1 });
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(false);
  expect(received).toHaveLength(2);
});

test('of a gate that is passed without an answer retries bounds every repetition', async () => {
  const { origin, received } = await failing(9, 503);
  const { gate } = openGate({ on_play: [origin] }, { retries: 1, onError: 'allow' });
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(true);
  expect(received).toHaveLength(2);
});

test.each([
  ['a refusal', '{"code":1}'],
  ['an answer that is none', 'Hello'],
  ['a page that is not there', { status: 404 }],
])('%s is not put again: it would be the same', async (_name, answer) => {
  const { origin, received } = await backend(() => answer);
  const { gate } = openGate({ on_play: [origin] }, { retries: 3 });
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(false);
  expect(received).toHaveLength(1);
});

test('repetitions end with the deadline of the question', async () => {
  const { origin } = await failing(1e9);
  const { gate, observer } = openGate({ on_play: [origin] }, { retries: 1000, timeoutMs: 200 });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toMatchObject({ allowed: false });
  expect(observer.deliveries.length).toBeLessThan(10);
});

test('a client that leaves between two attempts ends them', async () => {
  const clock = handClock();
  const { origin, received } = await failing(9);
  const client = new AbortController();
  const { gate, observer } = openGate({ on_play: [origin] }, {}, clock);
  const verdict = gate.authorize(gateEvent('on_play'), client.signal);
  // Three timers: that of the question, that of the pause, and that of the next probe.
  await expect.poll(() => clock.pending()).toBe(3);
  client.abort();
  expect(await verdict).toEqual({
    allowed: false,
    message: 'The backend was not waited for: the client has gone.',
  });
  await expect.poll(() => clock.pending()).toBe(1);
  clock.advance(50);
  await expect.poll(() => clock.pending()).toBe(0);
  expect(received).toHaveLength(1);
  expect(observer.deliveries).toHaveLength(1);
});

test('on_error allow lets in when nobody answers, and says so seldom', async () => {
  const clock = handClock();
  const url = `http://127.0.0.1:${await freePort()}/x?token=secret`;
  const { gate, logger } = openGate({ on_play: [url] }, { onError: 'allow' }, clock);
  for (let i = 0; i < 3; i++) {
    expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  }
  clock.advance(10_000);
  await gate.authorize(gateEvent('on_play'), staying());
  const shown = url.replace('secret', '***');
  const passed = logger.at('warn').filter(({ message }) => message.startsWith('hook failed open'));
  expect(passed).toMatchObject([
    {
      message: 'hook failed open (on_error allow)',
      fields: { url: shown, times: 1, reason: `The backend ${shown} refused the connection.` },
    },
    { message: 'hook failed open (on_error allow)', fields: { url: shown, times: 3 } },
  ]);
});

test.each([
  ['that cannot be understood', '<b>Fatal error</b>'],
  ['of a server in trouble', { status: 500 }],
  ['of a page that is not there', { status: 404 }],
])('on_error allow lets in after an answer %s', async (_name, answer) => {
  const { origin } = await backend(() => answer);
  const { gate } = openGate({ on_play: [origin] }, { onError: 'allow' });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
});

test.each([
  ['code', '{"code":403}'],
  ['status', { status: 403 }],
  ['code with a status of trouble', { status: 500, body: '{"code":7,"message":"banned"}' }],
])('on_error allow never turns a refusal by %s into a yes', async (_name, answer) => {
  const { origin } = await backend(() => answer);
  const { gate } = openGate({ on_play: [origin] }, { onError: 'allow' });
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(false);
});

test.each([
  [
    'another name that is none',
    { status: 200, body: '{"code":0,"data":{"stream":"a/../b\\u0000"}}' },
    'srs1',
  ],
  ['a redirect without a place', { status: 302 }, 'nginx'],
] as const)('on_error allow does not let in who was to have %s', async (_name, answer, schema) => {
  const { origin } = await backend(() => answer);
  const { gate } = openGate({ on_publish: [origin] }, { onError: 'allow', schema });
  expect((await gate.authorize(gateEvent('on_publish'), staying())).allowed).toBe(false);
});

test('on_error allow passes over the URL that fails, not over the ones behind it', async () => {
  const { origin } = await backend(({ url }) => (url === '/down' ? { status: 502 } : '{"code":1}'));
  const { gate } = openGate({ on_play: [`${origin}/down`, `${origin}/no`] }, { onError: 'allow' });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    message: 'code 1',
  });
});

test('on_error allow does not let in who has left, nor anybody while the server stops', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { hooks, gate } = openGate({ on_play: [origin] }, { onError: 'allow' });
  const client = new AbortController();
  const left = gate.authorize(gateEvent('on_play'), client.signal);
  await arrival(1);
  client.abort();
  expect((await left).allowed).toBe(false);
  const stopped = gate.authorize(gateEvent('on_play'), staying());
  await arrival(2);
  await hooks.close();
  expect((await stopped).allowed).toBe(false);
});

test('an event with a policy of its own is called after that', async () => {
  const { origin } = await failing(1e9);
  const { gate } = openGate(
    { on_play: [origin], on_publish: [origin] },
    { onError: 'allow', policies: { on_publish: STRICT } },
  );
  expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(true);
  expect((await gate.authorize(gateEvent('on_publish'), staying())).allowed).toBe(false);
});
