import { expect, test } from 'vitest';
import { ConnectionPool } from '../../src/hooks/connection-pool.ts';
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
    Array.from({ length: 100 }, () => gate.authorize(gateEvent('on_play'), staying())),
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
  await gate.authorize(gateEvent('on_play'), staying());
  await gate.authorize(gateEvent('on_publish'), staying());
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
  for (const vhost of ['one', 'two', 'three'])
    await gate.authorize(gateEvent('on_play', { vhost }), staying());
  expect(connections()).toBe(2);
});

test('over max_queue a question fails at once', async () => {
  const { origin, arrival } = await backend(() => undefined);
  const { gate, observer } = openGate({ on_play: [origin] }, { maxConnections: 1, maxQueue: 2 });
  const clients = Array.from({ length: 3 }, () => new AbortController());
  const verdicts = clients.map(({ signal }) => gate.authorize(gateEvent('on_play'), signal));
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    failed: true,
    message: 'The backend was not asked: 2 requests wait for it already.',
  });
  expect(observer.deliveries).toMatchObject([{ outcome: 'skipped' }]);
  clients[2]?.abort();
  const next = gate.authorize(gateEvent('on_play'), staying());
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
    gate.emit(closingEvent('on_close', { client: { ...FACTS.client, number } }));
  await arrival(2);
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
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
function pool(options: Partial<BackendOptions> = {}) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const it = new ConnectionPool({ ...BACKEND, ...options }, handClock());
  const entrance = (urgent: boolean) => ({
    urgent,
    waits: urgent,
    isOpen: true,
    isShut: false,
    isProbing: false,
  });
  const entrances = { questions: entrance(true), events: entrance(false), others: entrance(true) };
  const run = (name: string, admission = entrances.questions, path = '/') =>
    it.run({
      admission,
      path,
      connectTimeoutMs: 1000,
      start(connection) {
        started.push(name);
        ends.set(name, () => it.release(connection));
      },
      dismiss: () => expect.unreachable(),
    });
  /** Ends a job, or the one that was started first. */
  const end = (name = [...ends.keys()][0] ?? '') => {
    const finish = ends.get(name);
    ends.delete(name);
    finish?.();
  };
  return { it, ...entrances, run, started, end };
}

test('questions go first in the queue', () => {
  const { run, started, end, events } = pool();
  run('question 1');
  run('question 2');
  run('event 1', events);
  run('question 3');
  end();
  end();
  expect(started).toEqual(['question 1', 'question 2', 'question 3', 'event 1']);
});

test('events have one connection of two, and the next one that they give back', () => {
  const { run, started, end, events } = pool();
  run('event 1', events);
  run('event 2', events);
  expect(started).toEqual(['event 1']);
  run('question');
  end();
  expect(started).toEqual(['event 1', 'question', 'event 2']);
});

test('events that wait take no place of a question', () => {
  const { run, events } = pool();
  run('event', events);
  expect([1, 2, 3, 4].map(() => run('event', events))).toEqual([true, true, true, false]);
  expect([1, 2, 3, 4, 5].map(() => run('question'))).toEqual([true, true, true, true, false]);
});

test('questions to one URL leave a quarter of the connections to others, as soon as there are others', () => {
  const { run, started, others } = pool({ maxConnections: 4, maxQueue: 10 });
  for (const name of ['a1', 'a2', 'a3']) run(name);
  run('b1', others, '/b');
  run('a4');
  expect(started).toEqual(['a1', 'a2', 'a3', 'b1']);
});

test('queues take turns', () => {
  const { run, started, end, others } = pool({ maxConnections: 1, maxQueue: 10 });
  run('first');
  for (const name of ['a1', 'a2', 'a3']) run(name);
  for (const name of ['b1', 'b2']) run(name, others, '/b');
  for (let i = 0; i < 5; i++) end();
  expect(started).toEqual(['first', 'a1', 'b1', 'a2', 'b2', 'a3']);
});

test('what may not start yet is not in the way of what may', () => {
  const { it, run, started, questions, others } = pool();
  questions.isOpen = false;
  run('held');
  run('other', others, '/b');
  expect(started).toEqual(['other']);
  questions.isOpen = true;
  it.startWaiting();
  expect(started).toEqual(['other', 'held']);
});
