import { describe, expect, test } from 'vitest';
import { Breaker } from '../../src/hooks/breaker.ts';
import type { BreakerState } from '../../src/model/delivery.ts';
import { until } from '../support/until.ts';
import { freePort } from './scripted-backend.ts';
import { backend, closingEvent, gateEvent, gateFor, handClock, openGate, staying } from './support.ts';

/** Opens after 2 failures, for 1000 ms. */
function breaker() {
  const clock = handClock();
  const states: BreakerState[] = [];
  const it = new Breaker({ failures: 2, openMs: 1000 }, clock, (state) => states.push(state));
  /** Lets one request through and has it end so; false if it was not let through. */
  const request = (sign: 'well' | 'ill' | 'none') => {
    const ticket = it.enter();
    if (ticket === undefined) return false;
    it.settle(ticket, sign, 'answered with status 503');
    return true;
  };
  return { clock, states, it, request };
}

describe('a breaker', () => {
  test('opens after so many failures in a row, and says how they ended', () => {
    const { it, request, states } = breaker();
    request('ill');
    request('well');
    request('ill');
    expect(states).toEqual([]);
    request('ill');
    expect(states).toEqual(['open']);
    expect(request('well')).toBe(false);
    expect(it.why).toBe('is left alone for 1 s: its last 2 requests failed (last: answered with status 503)');
  });

  test('lets one request try when its time is over, and closes with its success', () => {
    const { it, clock, request, states } = breaker();
    request('ill');
    request('ill');
    clock.advance(999);
    expect(it.enter()).toBeUndefined();
    clock.advance(1);
    const probe = it.enter();
    expect(probe).toBeTypeOf('number');
    expect(it.enter()).toBeUndefined();
    expect(it.why).toMatch(/^is being tried again by another request: its last 2 requests failed/);
    it.settle(probe ?? 0, 'well');
    expect(states).toEqual(['open', 'half_open', 'closed']);
    expect(request('ill')).toBe(true);
    expect(request('well')).toBe(true);
  });

  test('opens for as long again if that request fails', () => {
    const { clock, request, states } = breaker();
    request('ill');
    request('ill');
    clock.advance(1000);
    expect(request('ill')).toBe(true);
    clock.advance(999);
    expect(request('ill')).toBe(false);
    clock.advance(1);
    expect(request('well')).toBe(true);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
  });

  test('learns nothing from requests that were given up, and lets the next one try', () => {
    const { clock, request, states } = breaker();
    request('ill');
    request('none');
    request('ill');
    expect(states).toEqual(['open']);
    clock.advance(1000);
    expect(request('none')).toBe(true);
    expect(request('none')).toBe(true);
    expect(states).toEqual(['open', 'half_open']);
  });

  test('learns nothing after the fact from requests that set out before it opened', () => {
    const { it, clock, request, states } = breaker();
    const early = [it.enter(), it.enter()] as number[];
    request('ill');
    request('ill');
    it.settle(early[0] ?? 0, 'well');
    clock.advance(1000);
    const probe = it.enter();
    it.settle(early[1] ?? 0, 'ill');
    it.settle(probe ?? 0, 'well');
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  test('of 0 failures never opens', () => {
    const never = new Breaker({ failures: 0, openMs: 1000 }, handClock(), () => expect.unreachable());
    for (let i = 0; i < 100; i++) never.settle(never.enter() ?? -1, 'ill');
    expect(never.enter()).toBeTypeOf('number');
  });
});

const BREAKER = { breaker: { failures: 3, openMs: 10_000 } };

test('a backend that fails is left alone, refuses at once, and comes back by itself', async () => {
  const clock = handClock();
  let healthy = false;
  const { origin, received } = await backend(() => (healthy ? '0' : { status: 500 }));
  const { gate, logger, observer } = openGate({ on_play: [origin] }, BREAKER, clock);
  const ask = () => gate.ask(gateEvent('on_play'), staying());
  for (let i = 0; i < 3; i++) await ask();
  expect(await ask()).toEqual({
    allowed: false,
    failed: true,
    message:
      'The backend is left alone for 10 s: its last 3 requests failed (last: answered with status 500).',
  });
  expect(received).toHaveLength(3);
  expect(observer.deliveries.at(-1)).toMatchObject({ outcome: 'skipped', response: undefined });
  clock.advance(10_000);
  await ask();
  await ask();
  expect(received).toHaveLength(4);
  healthy = true;
  clock.advance(10_000);
  expect(await ask()).toEqual({ allowed: true });
  expect(await ask()).toEqual({ allowed: true });
  expect(observer.breakers).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
  const lines = logger.lines.filter(({ message }) => message.startsWith('backend'));
  expect(lines).toEqual([
    {
      level: 'warn',
      message: 'backend fails: it is left alone for a while',
      fields: { origin, failures: 3, last: 'The backend answered with status 500.', openMs: 10_000 },
    },
    { level: 'info', message: 'backend answers again', fields: { origin } },
  ]);
});

test('what hangs opens it, and one deadline is the longest that anybody waits', async () => {
  const clock = handClock();
  const { origin, arrival, received } = await backend(() => undefined);
  const { gate } = openGate({ on_play: [origin] }, { ...BREAKER, timeoutMs: 2000 }, clock);
  const hanging = Array.from({ length: 3 }, () => gate.ask(gateEvent('on_play'), staying()));
  await arrival(3);
  clock.advance(2000);
  await Promise.all(hanging);
  expect(await gate.ask(gateEvent('on_play'), staying())).toMatchObject({
    message: expect.stringContaining('(last: did not answer within 2000 ms)'),
  });
  expect(received).toHaveLength(3);
});

test.each([
  ['a refusal', '{"code":1}'],
  ['a status 403', { status: 403 }],
  ['an answer that cannot be understood', 'Hello'],
  ['a page that is not there', { status: 404 }],
])('%s is no failure of the backend', async (_name, answer) => {
  const { origin, received } = await backend(() => answer);
  const { gate, observer } = openGate({ on_play: [origin] }, BREAKER);
  for (let i = 0; i < 5; i++) await gate.ask(gateEvent('on_play'), staying());
  expect(received).toHaveLength(5);
  expect(observer.breakers).toEqual([]);
});

test('clients that leave before the answer say nothing of the backend', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, observer } = openGate({ on_play: [origin] }, BREAKER);
  for (let i = 1; i <= 5; i++) {
    const client = new AbortController();
    const verdict = gate.ask(gateEvent('on_play'), client.signal);
    await arrival(i);
    client.abort();
    await verdict;
  }
  expect(observer.breakers).toEqual([]);
});

test('requests whose time ends in the queue say nothing of the backend either', async () => {
  const clock = handClock();
  const { origin, arrival } = await backend(() => undefined);
  const options = { ...BREAKER, maxConnections: 2, timeoutMs: 1000 };
  const { gate, observer } = openGate({ on_play: [origin] }, options, clock);
  const asked = Array.from({ length: 8 }, () => gate.ask(gateEvent('on_play'), staying()));
  await arrival(2);
  clock.advance(1000);
  await Promise.all(asked);
  expect(observer.breakers).toEqual([]);
});

test('who waits for a connection when it opens is refused at once', async () => {
  const clock = handClock();
  const { origin, arrival, received } = await backend(() => undefined);
  const options = { ...BREAKER, maxConnections: 3, timeoutMs: 1000 };
  const { gate, observer } = openGate({ on_play: [origin] }, options, clock);
  const first = Array.from({ length: 3 }, () => gate.ask(gateEvent('on_play'), staying()));
  await arrival(3);
  clock.advance(500);
  const later = Array.from({ length: 20 }, () => gate.ask(gateEvent('on_play'), staying()));
  clock.advance(500);
  await Promise.all(first);
  expect(await Promise.all(later)).toMatchObject(
    later.map(() => ({ message: expect.stringContaining('is left alone for 10 s') })),
  );
  expect(received).toHaveLength(3);
  expect(observer.deliveries.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(20);
});

test('questions and events that are told share what is known of a backend', async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const { gate, observer } = openGate({ on_play: [origin], on_close: [`${origin}/close`] }, BREAKER);
  for (let i = 0; i < 3; i++) await gate.ask(gateEvent('on_play'), staying());
  gate.tell(closingEvent('on_close'));
  await until('the first attempt', () => observer.deliveries.length > 3);
  expect(observer.deliveries.slice(0, 4).map(({ outcome }) => outcome)).toEqual([
    'failed',
    'failed',
    'failed',
    'skipped',
  ]);
});

test('a reload that drops a backend that failed reports its breaker closed', async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const { hooks, observer, gate } = openGate({ on_play: [origin] }, BREAKER);
  for (let i = 0; i < 3; i++) await gate.ask(gateEvent('on_play'), staying());
  gateFor(hooks, new Map());
  expect(observer.breakers).toEqual(['open', 'closed']);
});
