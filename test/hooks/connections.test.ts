import { expect, test } from 'vitest';
import { ConnectionPool, type Job } from '../../src/hooks/connection-pool.ts';
import type { BackendOptions } from '../../src/hooks/target.ts';
import {
  backend,
  closingEvent,
  FACTS,
  gateEvent,
  gateFor,
  handClock,
  hookOptions,
  openGate,
  openHooks,
  staying,
} from './support.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0';

test('no more connections are opened than max_connections, and all who wait get their turn', async () => {
  const { origin, connections, received } = await backend(() => '0');
  const { gate } = openGate({ on_play: [origin] }, { maxConnections: 3 });
  const verdicts = await Promise.all(
    Array.from({ length: 100 }, () => gate.ask(gateEvent('on_play'), staying())),
  );
  expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(100);
  expect(received).toHaveLength(100);
  expect(connections()).toBe(3);
});

test('events with policies of their own share the connections, and each has its own time to connect', async () => {
  const { origin, connections } = await backend(() => '0');
  const options = hookOptions({}, { connectTimeoutMs: 500 });
  const { gate } = openGate(
    { on_play: [origin], on_publish: [`${origin}/other`] },
    { maxConnections: 1, policies: { on_publish: options } },
  );
  await gate.ask(gateEvent('on_play'), staying());
  await gate.ask(gateEvent('on_publish'), staying());
  expect(connections()).toBe(1);
});

test('vhosts whose hooks treat a backend alike share its connections, and others do not', async () => {
  const { origin, connections } = await backend(() => '0');
  const { hooks } = openHooks();
  const urls = { on_play: [origin] };
  const gate = gateFor(
    hooks,
    new Map([
      ['one', hookOptions(urls)],
      ['two', hookOptions({ on_play: [`${origin}/two`] }, { schema: 'srs5' })],
      ['three', hookOptions(urls, { maxConnections: 5 })],
    ]),
  );
  for (const vhost of ['one', 'two', 'three']) await gate.ask(gateEvent('on_play', { vhost }), staying());
  expect(connections()).toBe(2);
});

test('over max_queue a question fails at once', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, observer } = openGate({ on_play: [origin] }, { maxConnections: 1, maxQueue: 2 });
  const clients = Array.from({ length: 3 }, () => new AbortController());
  const verdicts = clients.map(({ signal }) => gate.ask(gateEvent('on_play'), signal));
  expect(await gate.ask(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    failed: true,
    message: 'The backend was not asked: 2 requests wait for it already.',
  });
  expect(observer.deliveries).toMatchObject([{ outcome: 'skipped' }]);
  clients[2]?.abort();
  const next = gate.ask(gateEvent('on_play'), staying());
  const answer = async (count: number) => (await arrival(count)).socket.write(OK);
  await answer(1);
  await answer(2);
  await answer(3);
  expect(await next).toEqual({ allowed: true });
  expect((await Promise.all(verdicts)).map(({ allowed }) => allowed)).toEqual([true, true, false]);
});

test('events that nobody takes leave half of the connections to questions', async () => {
  const { origin, arrival, received } = await backend(({ url }) => (url === '/play' ? '0' : undefined));
  const clock = handClock();
  const { gate } = openGate(
    { on_play: [`${origin}/play`], on_close: [`${origin}/close`] },
    { maxConnections: 4 },
    clock,
  );
  for (let number = 1; number <= 10; number++)
    gate.tell(closingEvent('on_close', { client: { ...FACTS.client, number } }));
  await arrival(2);
  expect(await gate.ask(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(received.map(({ url }) => url)).toEqual(['/close', '/close', '/play']);
});

const BACKEND: BackendOptions = {
  origin: 'http://127.0.0.1:9',
  ca: undefined,
  insecure: false,
  maxConnections: 2,
  maxQueue: 3,
  breaker: { failures: 0, openMs: 1000 },
};

/** A pool without a backend behind it: jobs note that they were started, and end by hand. */
function pool() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const it = new ConnectionPool(BACKEND);
  const run = (name: string, urgent: boolean) => {
    const job: Job = {
      urgent,
      connectTimeoutMs: 1000,
      start(connection) {
        started.push(name);
        ends.push(() => it.release(connection));
      },
      dismiss: () => expect.unreachable(),
    };
    return it.run(job);
  };
  return { it, run, started, end: () => ends.shift()?.() };
}

test('questions go first in the queue', () => {
  const { run, started, end } = pool();
  run('question 1', true);
  run('question 2', true);
  run('event 1', false);
  run('question 3', true);
  end();
  end();
  expect(started).toEqual(['question 1', 'question 2', 'question 3', 'event 1']);
});

test('events have one connection of two, and the next one that they give back', () => {
  const { run, started, end } = pool();
  run('event 1', false);
  run('event 2', false);
  expect(started).toEqual(['event 1']);
  run('question', true);
  end();
  expect(started).toEqual(['event 1', 'question', 'event 2']);
});

test('events that wait take no place of a question', () => {
  const { run } = pool();
  run('event', false);
  expect([1, 2, 3, 4].map(() => run('event', false))).toEqual([true, true, true, false]);
  expect([1, 2, 3, 4, 5].map(() => run('question', true))).toEqual([true, true, true, true, false]);
});
