import { describe, expect, test } from 'vitest';
import { Breaker, type BreakerLimits } from '../../src/hooks/breaker.ts';
import type { BreakerState } from '../../src/model/delivery.ts';
import { until } from '../support/until.ts';
import { byHand } from './scripted-backend.ts';
import { backend, closingEvent, FACTS, gateEvent, gateFor, handClock, openGate, staying } from './support.ts';

const LIMITS: BreakerLimits = { failures: 2, firstProbeMs: 250, maxProbeMs: 1000, jitter: 0, maxWindow: 4 };

/** Opens after 2 failures, and is probed after 250 ms to 1000 ms. */
function breaker(limits: Partial<BreakerLimits> = {}) {
  const clock = handClock();
  const states: BreakerState[] = [];
  const it = new Breaker({ ...LIMITS, ...limits }, clock, (state) => states.push(state));
  /** Sends one request and has it end so; false if it was not admitted. */
  const request = (sign: 'well' | 'ill' | 'none') => {
    if (!it.admits) return false;
    it.settle(it.enter(), sign, 'did not answer within 10 ms');
    return true;
  };
  return { clock, states, it, request };
}

describe('a breaker', () => {
  test('opens after so many failures in a row, and knows how they ended', () => {
    const { it, request, states } = breaker();
    request('ill');
    request('well');
    request('ill');
    expect(states).toEqual([]);
    request('ill');
    expect(states).toEqual(['open']);
    expect(request('well')).toBe(false);
    expect(it).toMatchObject({ failures: 2, last: 'did not answer within 10 ms', nextProbeMs: 250 });
  });

  test('admits one probe when its time has come, and closes with its success', () => {
    const { it, clock, request, states } = breaker();
    request('ill');
    request('ill');
    clock.advance(249);
    expect(it.admits).toBe(false);
    clock.advance(1);
    const probe = it.enter();
    expect(it.admits).toBe(false);
    it.settle(probe, 'well');
    expect(states).toEqual(['open', 'half_open', 'closed']);
    expect(request('ill')).toBe(true);
    expect(request('well')).toBe(true);
  });

  test('waits twice as long for the next probe, up to its longest time', () => {
    const { it, clock, request } = breaker();
    request('ill');
    const waits: number[] = [];
    for (let probe = 0; probe < 5; probe++) {
      request('ill');
      waits.push(it.nextProbeMs);
      clock.advance(it.nextProbeMs);
    }
    expect(waits).toEqual([250, 500, 1000, 1000, 1000]);
  });

  test('leaves a part of that time to chance, so that many servers do not probe together', () => {
    const waits = Array.from({ length: 100 }, () => {
      const { it, request } = breaker({ jitter: 0.5 });
      request('ill');
      request('ill');
      return it.nextProbeMs;
    });
    expect(new Set(waits).size).toBeGreaterThan(1);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(125);
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
  });

  test('admits two when it has closed, one more with each success, and soon everybody', () => {
    const { it, clock, request } = breaker();
    request('ill');
    request('ill');
    clock.advance(250);
    request('well');
    /** Sends all that are admitted, 100 at most. */
    const fill = () => {
      const tickets: number[] = [];
      while (it.admits && tickets.length < 100) tickets.push(it.enter());
      return tickets;
    };
    const [first = -1, second = -1, ...none] = fill();
    expect(none).toEqual([]);
    it.settle(first, 'well');
    expect(fill()).toHaveLength(2);
    it.settle(second, 'well');
    expect(fill()).toHaveLength(100);
  });

  test('learns nothing from requests that were given up, and admits the next probe', () => {
    const { clock, request, states } = breaker();
    request('ill');
    request('none');
    request('ill');
    expect(states).toEqual(['open']);
    clock.advance(250);
    expect(request('none')).toBe(true);
    expect(request('none')).toBe(true);
    expect(states).toEqual(['open', 'half_open']);
  });

  test('learns nothing after the fact from requests that were sent before it opened', () => {
    const { it, clock, request, states } = breaker();
    const early = [it.enter(), it.enter()] as const;
    request('ill');
    request('ill');
    it.settle(early[0], 'well');
    clock.advance(250);
    const probe = it.enter();
    it.settle(early[1], 'ill');
    it.settle(probe, 'well');
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  test('of 0 failures never opens', () => {
    const { request, states } = breaker({ failures: 0 });
    for (let i = 0; i < 100; i++) expect(request('ill')).toBe(true);
    expect(states).toEqual([]);
  });
});

const BREAKER = { breaker: { failures: 3, openMs: 1000 }, timeoutMs: 2000 };

/** A backend of which some paths hang, and a gate that asks one path on_play and the other on_publish. */
async function hanging(...hangs: string[]) {
  const clock = handClock();
  const hung = new Set(hangs);
  const peer = await backend(({ url }) => (hung.has(url) ? undefined : '0'));
  const urls = { on_play: [`${peer.origin}/play`], on_publish: [`${peer.origin}/publish`] };
  const opened = openGate({ ...urls, on_close: [`${peer.origin}/close`] }, BREAKER, clock);
  const ask = (action: 'on_play' | 'on_publish') => opened.gate.authorize(gateEvent(action), staying());
  /** As many time-outs as open the breaker. */
  const timeOut = async (action: 'on_play' | 'on_publish') => {
    const before = peer.received.length;
    const asked = Array.from({ length: 3 }, () => ask(action));
    await peer.arrival(before + 3);
    clock.advance(2000);
    return Promise.all(asked);
  };
  return { ...opened, clock, hung, peer, ask, timeOut };
}

test('a URL that does not answer in time is left alone, and the other URLs of its backend are asked all the same', async () => {
  const { ask, timeOut, observer, peer } = await hanging('/play');
  await ask('on_publish');
  await timeOut('on_play');
  expect(observer.urls).toEqual([`open ${peer.origin}/play`]);
  expect(observer.breakers).toEqual([]);
  expect(await ask('on_publish')).toEqual({ allowed: true });
});

test('its clients wait for it until their time is over, and are told why', async () => {
  const { ask, timeOut, clock, peer, observer } = await hanging('/play');
  await timeOut('on_play');
  const waiting = ask('on_play');
  const probe = ask('on_play');
  clock.advance(250);
  await peer.arrival(4);
  clock.advance(1750);
  await probe;
  expect(await waiting).toEqual({
    allowed: false,
    failed: true,
    message:
      'The backend did not answer within 2000 ms: it is being tried again: its last 3 requests timed out (last: did not answer within 2000 ms).',
  });
  expect(peer.received).toHaveLength(4);
  expect(observer.deliveries.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(1);
});

test('its first answer lets those in who wait, two and then more at a time', async () => {
  const clock = handClock();
  const { script, answer, answerAll } = byHand();
  const peer = await backend(script);
  const { gate, observer, logger } = openGate({ on_play: [`${peer.origin}/play`] }, BREAKER, clock);
  const ask = () => gate.authorize(gateEvent('on_play'), staying());
  const first = [ask(), ask(), ask()];
  await peer.arrival(3);
  clock.advance(2000);
  await Promise.all(first);
  const waiting = Array.from({ length: 10 }, ask);
  expect(peer.received).toHaveLength(3);
  clock.advance(250);
  await peer.arrival(4);
  answer(4);
  await peer.arrival(6);
  expect(peer.received).toHaveLength(6);
  answerAll();
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ allowed: true })));
  expect(observer.urls.map((text) => text.split(' ')[0])).toEqual(['open', 'half_open', 'closed']);
  const url = `${peer.origin}/play`;
  expect(logger.lines.filter(({ message }) => message.startsWith('backend'))).toEqual([
    {
      level: 'warn',
      message: 'backend failing, breaker open',
      fields: { url, failures: 3, last: 'The backend did not answer within 2000 ms.' },
    },
    { level: 'info', message: 'backend recovered', fields: { url } },
  ]);
});

test('the probe is the client that has come last: it has the most time to wait for the answer', async () => {
  const { timeOut, clock, peer, gate } = await hanging('/play');
  await timeOut('on_play');
  for (const stream of ['first', 'second', 'third'])
    void gate.authorize(gateEvent('on_play', { stream }), staying());
  clock.advance(250);
  expect(JSON.parse((await peer.arrival(4)).body).stream).toBe('third');
});

test('where none of the URLs answers the origin is open, and the first that answers has the others tried at once', async () => {
  const { ask, timeOut, observer, clock, peer, hung } = await hanging('/play', '/publish');
  await timeOut('on_play');
  expect(observer.breakers).toEqual(['open']);
  observer.breakers.length = 0;
  await timeOut('on_publish');
  const probe = ask('on_publish');
  clock.advance(250);
  await peer.arrival(7);
  clock.advance(2000);
  await probe;
  expect(observer.urls.at(-1)).toBe(`open ${peer.origin}/publish`);
  hung.clear();
  // on_publish would be probed after 500 ms, on_play may be now.
  expect(await ask('on_play')).toEqual({ allowed: true });
  expect(await ask('on_publish')).toEqual({ allowed: true });
  expect(observer.breakers.at(-1)).toBe('closed');
});

test.each([
  ['a refusal', '{"code":1}'],
  ['a status 403', { status: 403 }],
  ['an answer that cannot be understood', 'Hello'],
  ['a page that is not there', { status: 404 }],
  ['a server error', { status: 500 }],
])('%s opens nothing, however often', async (_name, answer) => {
  const { origin, received } = await backend(() => answer);
  const { gate, observer } = openGate({ on_play: [origin] }, BREAKER);
  for (let i = 0; i < 5; i++) await gate.authorize(gateEvent('on_play'), staying());
  expect(received).toHaveLength(5);
  expect([...observer.urls, ...observer.breakers, ...observer.reach]).toEqual([]);
});

test('clients that leave before the answer say nothing of the backend', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, observer } = openGate({ on_play: [origin] }, BREAKER);
  for (let i = 1; i <= 5; i++) {
    const client = new AbortController();
    const verdict = gate.authorize(gateEvent('on_play'), client.signal);
    await arrival(i);
    client.abort();
    await verdict;
  }
  expect(observer.urls).toEqual([]);
});

test('requests whose time ends in the queue, or soon after it, say nothing of the backend either', async () => {
  const clock = handClock();
  const { origin, arrival } = await backend(() => undefined);
  const options = { ...BREAKER, maxConnections: 2, timeoutMs: 1000 };
  const { gate, observer } = openGate({ on_play: [origin] }, options, clock);
  const leaving = new AbortController();
  const first = gate.authorize(gateEvent('on_play'), leaving.signal);
  const asked = Array.from({ length: 8 }, () => gate.authorize(gateEvent('on_play'), staying()));
  await arrival(2);
  clock.advance(600);
  leaving.abort();
  await first;
  await arrival(3);
  clock.advance(400);
  const messages = (await Promise.all(asked)).map((verdict) => verdict.allowed || verdict.message);
  expect(messages.at(-1)).toBe('The backend did not answer within 1000 ms: it had no connection free.');
  expect(observer.urls).toEqual([]);
});

test('with on_error allow nobody waits for a URL that is left alone, nor for a connection to it', async () => {
  const clock = handClock();
  const { origin, arrival, received } = await backend(() => undefined);
  const options = { ...BREAKER, maxConnections: 3, onError: 'allow' } as const;
  const { gate, observer } = openGate({ on_play: [origin] }, options, clock);
  const ask = () => gate.authorize(gateEvent('on_play'), staying());
  const first = Array.from({ length: 3 }, ask);
  await arrival(3);
  clock.advance(500);
  const later = Array.from({ length: 20 }, ask);
  clock.advance(1500);
  await Promise.all([...first, ...later, ask()]);
  expect(received).toHaveLength(3);
  expect(observer.deliveries.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(21);
});

test('what is told and hangs holds up no question, and the other way round', async () => {
  const clock = handClock();
  const hung = new Set(['/told']);
  const { origin, arrival, received } = await backend(({ url }) => (hung.has(url) ? undefined : '0'));
  const { gate, observer } = openGate(
    { on_play: [`${origin}/told`], on_close: [`${origin}/told`] },
    BREAKER,
    clock,
  );
  const close = (number: number) =>
    gate.emit(closingEvent('on_close', { client: { ...FACTS.client, number } }));
  for (const number of [1, 2, 3]) close(number);
  await arrival(3);
  clock.advance(2000);
  await until('the time-outs', () => observer.deliveries.length === 3);
  close(4);
  await until('the one that is not sent', () => observer.deliveries.length === 4);
  expect(observer.deliveries[3]).toMatchObject({ outcome: 'skipped', action: 'on_close' });
  expect(observer.breakers).toEqual(['open']);
  hung.clear();
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(received).toHaveLength(4);
});

test('a reload that drops a URL that is left alone reports its breaker closed', async () => {
  const { timeOut, observer, hooks } = await hanging('/play');
  await timeOut('on_play');
  observer.urls.length = 0;
  gateFor(hooks, new Map());
  expect(observer.urls).toEqual([expect.stringMatching(/^closed /)]);
  expect(observer.breakers).toEqual(['open', 'closed']);
});
