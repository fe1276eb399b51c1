import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import { until } from '../support/until.ts';
import { byHand, freePort, type Script } from './scripted-backend.ts';
import {
  backend,
  closingEvent,
  gateEvent,
  gateFor,
  handClock,
  hookOptions,
  openGate,
  openHooks,
  raw,
  staying,
} from './support.ts';

/** Time enough for the next probe of a backend that cannot be reached. */
const PROBE_MS = 250;

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0';

/** A gate whose backend is not there yet. */
async function away(options: Parameters<typeof openGate>[1] = {}, clock = handClock()) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const urls = { on_play: [`${origin}/play`], on_close: [`${origin}/close`] };
  const opened = openGate(urls, options, clock);
  const { observer, gate } = opened;
  return {
    ...opened,
    clock,
    origin,
    ask: (client = staying()) => gate.authorize(gateEvent('on_play'), client),
    attempts: (count: number) => until(`${count} attempts`, () => observer.deliveries.length >= count),
    start: (script: Script = () => '0') => backend(script, { port }),
  };
}

describe('a backend that refuses connections', () => {
  test('is waited for, and its client let in as soon as it is back', async () => {
    const { ask, attempts, clock, start, observer, logger, origin } = await away();
    const verdict = ask();
    await attempts(1);
    clock.advance(PROBE_MS);
    await attempts(2);
    const { received } = await start();
    clock.advance(PROBE_MS);
    expect(await verdict).toEqual({ allowed: true });
    expect(received).toHaveLength(1);
    expect(new Set(observer.deliveries.map(({ eventId }) => eventId)).size).toBe(1);
    expect(observer.deliveries.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'allowed'],
    ]);
    expect(observer.reach).toEqual([false, true]);
    expect([...observer.urls, ...observer.breakers]).toEqual([]);
    expect(logger.at('warn', 'info')).toEqual([
      {
        level: 'warn',
        message: 'backend unreachable',
        fields: { origin, last: 'The backend refused the connection.', times: 1 },
      },
      { level: 'info', message: 'backend reachable again', fields: { origin } },
    ]);
  });

  test('is tried by one of hundreds who wait, and not more often for their number', async () => {
    const { ask, attempts, clock, start, observer } = await away({ maxConnections: 8 });
    const waiting = [ask()];
    await attempts(1);
    waiting.push(...Array.from({ length: 300 }, () => ask()));
    for (let probe = 2; probe <= 5; probe++) {
      clock.advance(PROBE_MS);
      await attempts(probe);
    }
    expect(observer.deliveries).toHaveLength(5);
    const { received, mostConnections } = await start();
    clock.advance(PROBE_MS);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ allowed: true })));
    expect(received).toHaveLength(301);
    expect(mostConnections()).toBeLessThanOrEqual(8);
  });

  test('is given one request when it is back, then two, and more only as it answers', async () => {
    const { ask, attempts, clock, start } = await away();
    const waiting = [ask()];
    await attempts(1);
    waiting.push(...Array.from({ length: 99 }, () => ask()));
    const { script, answer, answerAll } = byHand();
    const { arrival, received } = await start(script);
    clock.advance(PROBE_MS);
    await arrival(1);
    answer(1);
    await arrival(3);
    expect(received).toHaveLength(3);
    answer(1);
    await arrival(5);
    expect(received).toHaveLength(5);
    answerAll();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ allowed: true })));
  });

  test('is not waited for longer than timeout, and the client is told what is wrong', async () => {
    const { ask, attempts, clock } = await away({ timeoutMs: 3000 });
    const verdict = ask();
    await attempts(1);
    clock.advance(3000);
    expect(await verdict).toEqual({
      allowed: false,
      failed: true,
      message:
        'The backend did not answer within 3000 ms: it has been out of reach for 3 s (last: refused the connection).',
    });
  });

  test('is not waited for by more than max_queue', async () => {
    const { ask, attempts } = await away({ maxQueue: 2 });
    const client = new AbortController();
    const waiting = [ask(client.signal)];
    await attempts(1);
    waiting.push(ask(client.signal));
    expect(await ask()).toEqual({
      allowed: false,
      failed: true,
      message: 'The backend was not asked: 2 requests wait for it already.',
    });
    client.abort();
    await Promise.all(waiting);
  });

  test('is not tried for clients that have left', async () => {
    const { ask, attempts, clock, observer } = await away();
    const client = new AbortController();
    const left = ask(client.signal);
    await attempts(1);
    client.abort();
    expect((await left).allowed).toBe(false);
    clock.advance(PROBE_MS);
    await until('the end of all timers', () => clock.pending() === 0);
    expect(observer.deliveries.map(({ why }) => why)).toEqual([
      expect.stringContaining('refused the connection'),
      expect.stringContaining('the client has gone'),
    ]);
  });

  test('keeps nobody waiting with on_error allow', async () => {
    const { ask, observer } = await away({ onError: 'allow' });
    expect([await ask(), await ask()]).toEqual([{ allowed: true }, { allowed: true }]);
    expect(observer.deliveries.map(({ outcome }) => outcome)).toEqual(['failed', 'skipped']);
  });

  test('is tried once for the clients of all vhosts, and they are let in together', async () => {
    const clock = handClock();
    const port = await freePort();
    const { hooks, observer } = openHooks(clock);
    const url = (path: string) => ({ on_play: [`http://127.0.0.1:${port}/${path}`] });
    const gate = gateFor(
      hooks,
      new Map([
        ['one', hookOptions(url('one'))],
        ['two', hookOptions(url('two'))],
      ]),
    );
    const ask = (vhost: string) => gate.authorize(gateEvent('on_play', { vhost }), staying());
    const first = ask('one');
    await until('an attempt', () => observer.deliveries.length === 1);
    const second = ask('two');
    clock.advance(PROBE_MS);
    await until('a probe', () => observer.deliveries.length === 2);
    await backend(() => '0', { port });
    clock.advance(PROBE_MS);
    expect(await Promise.all([first, second])).toEqual([{ allowed: true }, { allowed: true }]);
    expect(observer.deliveries).toHaveLength(4);
  });

  test('is asked once for all who have the same question, with cache', async () => {
    const { ask, attempts, clock, start, observer } = await away({ cacheMs: 10_000 });
    const waiting = [ask(), ask(), ask()];
    await attempts(1);
    const { received } = await start();
    clock.advance(PROBE_MS);
    expect(await Promise.all([...waiting, ask()])).toEqual(Array(4).fill({ allowed: true }));
    expect(received).toHaveLength(1);
    expect(observer.hits).toBe(3);
  });

  test('is waited for also if it closed a connection that was in use, and never came back to it', async () => {
    const { ask, attempts, clock, start } = await away();
    const first = await start(({ url }) => (url === '/play' ? '0' : undefined));
    await ask();
    await first.close();
    const verdict = ask();
    await attempts(2);
    await start();
    clock.advance(PROBE_MS);
    expect(await verdict).toEqual({ allowed: true });
  });

  test('is told of ends without keeping anybody from the gate, whose failures keep nothing from being told', async () => {
    const { ask, attempts, clock, start, gate, observer } = await away();
    gate.emit(closingEvent('on_close'));
    await attempts(1);
    const verdict = ask();
    await until('a question of its own', () =>
      observer.deliveries.some(({ action }) => action === 'on_play'),
    );
    const { received } = await start();
    clock.advance(PROBE_MS);
    expect(await verdict).toEqual({ allowed: true });
    await until('the end', () => {
      clock.advance(10);
      return received.some(({ url }) => url === '/close');
    });
  });
});

describe('a URL that answers for a backend that is away', () => {
  test.each([502, 503, 504])('is asked again after %i', async (status) => {
    const clock = handClock();
    let up = false;
    const { origin, received } = await backend(() => (up ? '0' : { status }));
    const { gate, observer } = openGate({ on_play: [origin] }, {}, clock);
    const verdict = gate.authorize(gateEvent('on_play'), staying());
    await until('an attempt', () => observer.deliveries.length === 1);
    up = true;
    clock.advance(50);
    expect(await verdict).toEqual({ allowed: true });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect([...observer.urls, ...observer.breakers, ...observer.reach]).toEqual([]);
  });

  test.each(['end', 'resetAndDestroy'] as const)(
    'is asked again after a connection that was closed (%s)',
    async (how) => {
      let requests = 0;
      const url = await raw((socket) => {
        socket.on('data', () => (++requests === 1 ? socket[how]() : socket.write(OK)));
      });
      const { gate } = openGate({ on_play: [url] });
      expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
      expect(requests).toBe(2);
    },
  );

  test.each([
    ['500', { status: 500 }, 'The backend answered with status 500.'],
    ['501', { status: 501 }, 'The backend answered with status 501.'],
  ])('is not asked again after %s, which the backend has said itself', async (_name, answer, message) => {
    const { origin, received } = await backend(() => answer);
    const { gate } = openGate({ on_play: [origin] });
    expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
      allowed: false,
      failed: true,
      message,
    });
    expect(received).toHaveLength(1);
  });

  test('is not asked again after half an answer: it may have acted on the question', async () => {
    let requests = 0;
    const url = await raw((socket) => {
      socket.on('data', () => {
        requests++;
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0');
      });
    });
    const { gate } = openGate({ on_play: [url] });
    expect((await gate.authorize(gateEvent('on_play'), staying())).allowed).toBe(false);
    expect(requests).toBe(1);
  });

  test('is asked anew by everybody once, and again by one at a time', async () => {
    const clock = handClock();
    let up = false;
    const { origin, received } = await backend(() => (up ? '0' : { status: 502 }));
    const { gate, observer } = openGate({ on_play: [origin] }, {}, clock);
    const waiting = Array.from({ length: 100 }, () => gate.authorize(gateEvent('on_play'), staying()));
    await until('a first attempt of each', () => observer.deliveries.length === 100);
    clock.advance(500);
    await until('a probe', () => observer.deliveries.length === 101);
    // All have paused, and wait for the next one to be tried.
    await new Promise(setImmediate);
    expect(received).toHaveLength(101);
    up = true;
    clock.advance(2000);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ allowed: true })));
    expect(received).toHaveLength(201);
  });

  test.each([
    ['503', { status: 503 }],
    ['500', { status: 500 }],
  ])('and only ever says %s leaves the others alone', async (_name, answer) => {
    const clock = handClock();
    const { origin } = await backend(({ url }) => (url === '/broken' ? answer : '0'));
    const { hooks, observer } = openHooks(clock);
    const gate = gateFor(
      hooks,
      new Map([
        ['broken', hookOptions({ on_play: [`${origin}/broken`], on_publish: [`${origin}/fine`] })],
        ['fine', hookOptions({ on_play: [`${origin}/fine`] })],
      ]),
    );
    const clients = Array.from({ length: 20 }, () => new AbortController());
    const broken = clients.map(({ signal }) =>
      gate.authorize(gateEvent('on_play', { vhost: 'broken' }), signal),
    );
    await until('their failures', () => observer.deliveries.length >= 20);
    expect(await gate.authorize(gateEvent('on_publish', { vhost: 'broken' }), staying())).toEqual({
      allowed: true,
    });
    expect(await gate.authorize(gateEvent('on_play', { vhost: 'fine' }), staying())).toEqual({
      allowed: true,
    });
    for (const client of clients) client.abort();
    await Promise.all(broken);
  });

  test('to one client again and again holds up no other', async () => {
    const clock: Clock & { advance(ms: number): void } = handClock();
    const { origin } = await backend(({ body }) => (body.includes('"poison"') ? { status: 502 } : '0'));
    const { gate, observer } = openGate({ on_play: [origin] }, {}, clock);
    const client = new AbortController();
    const poison = gate.authorize(gateEvent('on_play', { stream: 'poison' }), client.signal);
    for (let attempt = 1; attempt <= 4; attempt++) {
      await until('its failure', () => observer.deliveries.length >= 2 * attempt - 1);
      expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
      clock.advance(2000);
    }
    client.abort();
    await poison;
  });
});
