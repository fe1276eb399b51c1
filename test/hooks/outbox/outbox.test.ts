import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHooks } from '../../../src/hooks/hooks.ts';
import type { PersistedEvent } from '../../../src/model/events.ts';
import type { HookSchema, OutboxOptions } from '../../../src/model/options.ts';
import { systemClock } from '../../../src/model/process-clock.ts';
import { OUTBOX } from '../../support/options.ts';
import { stopped } from '../../support/stopped.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import {
  backend,
  closingEvent,
  FACTS,
  gateEvent,
  gateFor,
  handClock,
  hookOptions,
  keepingLogger,
  keepingObserver,
  SERVER,
  staying,
} from '../support.ts';

type Urls = Parameters<typeof hookOptions>[0];

/** One run of the hooks over a state directory. */
function openRun(
  urls: Urls,
  place: { stateDir?: string; options?: Partial<OutboxOptions>; vhost?: string; run?: string } = {},
  clock = systemClock,
) {
  const { stateDir = '', options = {}, vhost = FACTS.vhost, run = SERVER.serviceId } = place;
  const logger = keepingLogger();
  const hooks = createHooks({
    logger,
    clock,
    ...SERVER,
    serviceId: run,
    version: '0.1.0',
    observer: keepingObserver(),
    outbox: { options: { ...OUTBOX, enabled: stateDir !== '', ...options }, stateDir },
  });
  onTestFinished(() => hooks.close());
  const vhosts = new Map([[vhost, hookOptions(urls, { timeoutMs: 1000 })]]);
  const gate = gateFor(hooks, vhosts, { ...OUTBOX, ...options });
  return { hooks, gate, logger };
}

/** A state directory, and what a crash at this moment would leave of it. */
function stateDirectory() {
  const root = stopped(temporaryDirectory());
  const stateDir = root.file('now');
  return {
    stateDir,
    crashed() {
      const copy = root.file('then');
      cpSync(stateDir, copy, { recursive: true });
      return copy;
    },
  };
}

const bodies = (peer: Awaited<ReturnType<typeof backend>>) =>
  peer.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const opening = (number: number) => ({ opening: number });

test('what was not delivered goes out at the next start as it was, to the URL alone that lacks it', async () => {
  const state = stateDirectory();
  const peer = await backend(({ url }) =>
    url === '/two' && peer.received.length < 3 ? { status: 500 } : '0',
  );
  const urls = { on_stop: [`${peer.origin}/one`, `${peer.origin}/two`] };
  const first = openRun(urls, {
    stateDir: state.stateDir,
    options: { retryMinMs: 60_000, retryMaxMs: 60_000 },
  });
  first.gate.emit(closingEvent('on_stop'));
  expect(await first.hooks.drain(10_000)).toEqual({ delivered: 0, left: 1 });
  await first.hooks.close();
  expect(first.logger.at('warn').at(-1)?.message).toBe('undelivered events kept for the next start');
  await peer.arrival(2);
  const second = openRun(urls, { stateDir: state.stateDir, run: 'svc00002' });
  await peer.arrival(3);
  expect(await second.hooks.drain(10_000)).toMatchObject({ left: 0 });
  expect(peer.received.map(({ url }) => url)).toEqual(['/one', '/two', '/two']);
  expect(peer.received[2]?.body).toBe(peer.received[1]?.body);
});

test('what a killed server had open is closed: connections always, what was refused never', async () => {
  const state = stateDirectory();
  const peer = await backend(({ body }) => (JSON.parse(body).stream === 'secret' ? '7' : '0'));
  const closing = ['on_close', 'on_stop', 'on_unpublish'] as const;
  const all = ['on_connect', 'on_play', 'on_publish', ...closing] as const;
  const urls = Object.fromEntries(all.map((action) => [action, [`${peer.origin}/${action}`]]));
  const { gate } = openRun(urls, { stateDir: state.stateDir });
  const ask = (action: 'on_connect' | 'on_play' | 'on_publish', number: number, stream: string) =>
    gate.authorize(gateEvent(action, { ...opening(number), stream }), staying());
  await ask('on_connect', 1, 'secret');
  await ask('on_play', 2, 'cam');
  await ask('on_play', 3, 'secret');
  await ask('on_publish', 4, 'mine');
  await ask('on_play', 5, 'over');
  gate.emit(closingEvent('on_stop', { ...opening(5), stream: 'over' }));
  await peer.arrival(6);
  const second = openRun(urls, { stateDir: state.crashed(), run: 'svc00002' });
  await until('all endings', () => peer.received.length >= 9);
  await second.hooks.drain(10_000);
  const endings = bodies(peer).filter(({ reason }) => reason === 'server_restart');
  expect(endings.map(({ action, stream }) => `${action} ${stream}`).sort()).toEqual([
    'on_close secret',
    'on_stop cam',
    'on_unpublish mine',
  ]);
  expect(endings.at(-1)?.['action']).toBe('on_close');
  expect(new Set(bodies(peer).map(({ service_id }) => service_id))).toEqual(new Set([SERVER.serviceId]));
});

test('an event finds its way by what was stored with it when its vhost is gone', async () => {
  const state = stateDirectory();
  const peer = await backend(() => '0');
  const first = openRun({ on_play: [peer.origin], on_stop: [`${peer.origin}/old`] }, state);
  await first.gate.authorize(gateEvent('on_play'), staying());
  openRun({ on_play: [peer.origin] }, { stateDir: state.crashed(), vhost: 'another' });
  expect((await peer.arrival(2)).url).toBe('/old');
});

test('of too many events the oldest is dropped, and that is counted and said', async () => {
  const peer = await backend(() => undefined);
  const { gate, hooks, logger } = openRun({ on_close: [peer.origin] }, { options: { maxEvents: 2 } });
  gate.emit(closingEvent('on_close'));
  await peer.arrival(1);
  for (let i = 0; i < 4; i++) gate.emit(closingEvent('on_close'));
  expect(hooks.stats).toMatchObject({ events: 2, dropped: 3, onDisk: false });
  expect(logger.at('warn')).toMatchObject([
    { message: 'event queue full, events dropped', fields: { max: 2 } },
  ]);
});

test('where newcomers are refused instead, nothing of those who are in is dropped', async () => {
  const peer = await backend(({ url }) => (url === '/ask' ? '0' : undefined));
  const urls = { on_connect: [`${peer.origin}/ask`], on_close: [peer.origin] };
  const { gate, hooks } = openRun(urls, { options: { maxEvents: 1, whenFull: 'refuse_clients' } });
  const connect = (number: number) =>
    gate.authorize(gateEvent('on_connect', { client: { ...FACTS.client, number } }), staying());
  const close = (number: number) =>
    gate.emit(closingEvent('on_close', { client: { ...FACTS.client, number } }));
  for (const number of [1, 2]) expect(await connect(number)).toMatchObject({ allowed: true });
  for (const number of [1, 2]) close(number);
  expect(await connect(3)).toEqual({
    allowed: false,
    message: 'The server cannot keep its records: it takes no new clients.',
  });
  close(3);
  expect(hooks.stats).toMatchObject({ events: 2, dropped: 0 });
  expect(bodies(peer).filter(({ action }) => action === 'on_connect')).toHaveLength(2);
});

test('an event that nobody takes is given up when it is too old', async () => {
  const peer = await backend(() => ({ status: 503 }));
  const { gate, hooks, logger } = openRun({ on_close: [peer.origin] }, { options: { maxAgeMs: 30 } });
  gate.emit(closingEvent('on_close'));
  await until('the end of it', () => hooks.stats.givenUp === 1);
  expect(hooks.stats.events).toBe(0);
  expect(logger.at('warn').at(-1)?.message).toBe('event expired before delivery');
});

test('a question about a stream waits until the end of the publish before it has been tried', async () => {
  const peer = await backend(({ body }) => (JSON.parse(body).action === 'on_publish' ? '0' : undefined));
  const once = { options: { retryMinMs: 60_000, retryMaxMs: 60_000 } };
  const { gate } = openRun({ on_publish: [peer.origin], on_unpublish: [peer.origin] }, once);
  gate.emit(closingEvent('on_unpublish'));
  const asked = gate.authorize(
    gateEvent('on_publish', { client: { ...FACTS.client, number: 8 } }),
    staying(),
  );
  const request = await peer.arrival(1);
  const other = gate.authorize(gateEvent('on_publish', { ...opening(1), stream: 'other' }), staying());
  expect(await other).toMatchObject({ allowed: true });
  request.socket.write('HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  expect(await asked).toMatchObject({ allowed: true });
  expect(
    bodies(peer)
      .slice(0, 3)
      .map(({ action, stream }) => `${action} ${stream}`),
  ).toEqual(['on_unpublish cam', 'on_publish other', 'on_publish cam']);
});

test('it waits for half of its time at most', async () => {
  const clock = handClock();
  const peer = await backend(({ body }) => (JSON.parse(body).action === 'on_publish' ? '0' : undefined));
  const { gate } = openRun({ on_publish: [peer.origin], on_unpublish: [peer.origin] }, {}, clock);
  gate.emit(closingEvent('on_unpublish'));
  await peer.arrival(1);
  const asked = gate.authorize(gateEvent('on_publish'), staying());
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(499);
  expect(peer.received).toHaveLength(1);
  clock.advance(1);
  expect(await asked).toMatchObject({ allowed: true });
});

test('a client that goes while its record is written is not asked about, and leaves none', async () => {
  const state = stateDirectory();
  const peer = await backend(() => '0');
  const urls = { on_play: [peer.origin], on_stop: [peer.origin] };
  const { gate, hooks } = openRun(urls, state);
  const leaving = new AbortController();
  const asked = gate.authorize(gateEvent('on_play'), leaving.signal);
  leaving.abort();
  expect(await asked).toMatchObject({ allowed: false });
  await hooks.close();
  expect(peer.received).toEqual([]);
  const second = openRun(urls, state);
  expect(second.logger.lines).toEqual([]);
});

test('a stream that was renamed is closed under its new name', async () => {
  const state = stateDirectory();
  const peer = await backend(() => '{"code":0,"data":{"stream":"alice"}}');
  const urls = { on_publish: [peer.origin], on_unpublish: [peer.origin] };
  const { gate, hooks } = openRun(urls, state);
  await gate.authorize(gateEvent('on_publish', opening(1)), staying());
  await hooks.close();
  openRun(urls, state);
  await peer.arrival(2);
  expect(bodies(peer)[1]).toMatchObject({ action: 'on_unpublish', stream: 'alice' });
});

test('a state directory that cannot be is a sentence, and nothing is begun', () => {
  const root = stopped(temporaryDirectory());
  writeFileSync(root.file('file'), '');
  expect(() => openRun({ on_close: ['http://127.0.0.1:1'] }, { stateDir: join(root.path, 'file') })).toThrow(
    /^the outbox cannot be kept in .*file: ENOTDIR: not a directory.* Make room or set state_dir/,
  );
});

/** What tells of a file, as its journal has it. */
const sealed = (id: string, seq: number): PersistedEvent => ({
  ...FACTS,
  action: 'on_dvr',
  recording: { id, cwd: '/srv', file: `${id}.flv`, durationMs: 1, bytes: 2, reason: 'unpublish' },
  seal: { stamp: { id, at: Date.now(), seq }, server: { ...SERVER, serviceId: 'svc00000' } },
});

test('a sealed event is kept as it is, and once, however often it is told', async () => {
  const state = stateDirectory();
  const peer = await backend(({ url }) =>
    url === '/dvr' && peer.received.length < 3 ? { status: 500 } : '0',
  );
  const urls = { on_dvr: [`${peer.origin}/dvr`] };
  const options = { retryMinMs: 60_000, retryMaxMs: 60_000 };
  const first = openRun(urls, { stateDir: state.stateDir, options });
  const event = sealed('5d0f2d2e-9a58-4b7e-8d53-6f5a3c7f0a11', 5000);
  expect(await first.gate.emitDurably(event)).toBe(true);
  expect(await first.gate.emitDurably(event)).toBe(true);
  await peer.arrival(1);
  expect((await first.hooks.drain(10_000)).left).toBe(1);
  const second = openRun(urls, { stateDir: state.crashed(), run: 'svc00002' });
  expect(await second.gate.emitDurably(event)).toBe(true);
  await peer.arrival(2);
  const [one, two] = peer.received.map(({ body }) => body);
  expect(two).toBe(one);
  expect(bodies(peer)[0]).toMatchObject({
    event_id: event.recording.id,
    event_seq: 5000,
    service_id: 'svc00000',
  });
});

test('a stamp is given once and is behind all that were given before', async () => {
  const { hooks, gate } = openRun({ on_dvr: ['http://127.0.0.1:9/dvr'] });
  const first = await hooks.stamp('a');
  await gate.emitDurably(sealed('b', first.seq + 1_000_000_000));
  expect((await hooks.stamp('c')).seq).toBeGreaterThan(first.seq + 1_000_000_000);
});

test('where nobody hears of it, a sealed event need not be told again', async () => {
  const { gate } = openRun({ on_stop: ['http://127.0.0.1:9/stop'] });
  expect(await gate.emitDurably(sealed('d', 1))).toBe(true);
});

describe('a reload to another schema', () => {
  const gateIn = (hooks: ReturnType<typeof createHooks>, schema: HookSchema, urls: Urls) =>
    gateFor(hooks, new Map([[FACTS.vhost, hookOptions(urls, { schema })]]));

  test.each(['srs5', 'nginx'] as const)(
    'to %s leaves a repetition as it was, in every byte',
    async (schema) => {
      const peer = await backend(() => (peer.received.length <= 2 ? { status: 500 } : '0'));
      const urls = { on_unpublish: [peer.origin], on_done: [`${peer.origin}/done`] };
      const clock = handClock();
      const options = { retryMinMs: 60_000, retryMaxMs: 60_000 };
      const { hooks, gate } = openRun(urls, { ...stateDirectory(), options }, clock);
      gate.emit(closingEvent('on_unpublish'));
      await peer.arrival(2);
      await hooks.drain(0);
      gateIn(hooks, schema, urls);
      clock.advance(60_000);
      await peer.arrival(4);
      const [own, done, ownAgain, doneAgain] = peer.received;
      const wordsOf = (request: typeof own) => [
        request?.url,
        request?.body,
        request?.headers['content-type'],
        request?.headers['user-agent'],
        request?.headers['webhook-id'],
      ];
      expect(wordsOf(ownAgain)).toEqual(wordsOf(own));
      expect(wordsOf(doneAgain)).toEqual(wordsOf(done));
    },
  );

  test.each([
    ['srs1', 'srs5', 7],
    ['srs5', 'srs1', 'a1b2c3d4'],
  ] as const)(
    'from %s to %s ends what a client has opened in the form in which it began',
    async (from, to, id) => {
      const peer = await backend(() => '0');
      const asked = ['on_connect', 'on_publish', 'on_play'] as const;
      const told = ['on_close', 'on_unpublish', 'on_stop', 'on_not_found'] as const;
      const urls = Object.fromEntries([...asked, ...told].map((action) => [action, [peer.origin]]));
      const { hooks } = openRun(urls);
      const gate = gateIn(hooks, from, urls);
      await gate.authorize(gateEvent('on_connect', opening(1)), staying());
      await gate.authorize(gateEvent('on_publish', opening(2)), staying());
      gateIn(hooks, to, urls);
      // Who is in goes on under the configuration with which he came.
      await gate.authorize(gateEvent('on_play', { ...opening(3), stream: 'other' }), staying());
      gate.emit({ ...FACTS, ...opening(3), action: 'on_not_found' });
      gate.emit(closingEvent('on_stop', { ...opening(3), stream: 'other' }));
      gate.emit(closingEvent('on_unpublish', opening(2)));
      gate.emit(closingEvent('on_close', opening(1)));
      expect(await hooks.drain(10_000)).toMatchObject({ left: 0 });
      expect(peer.received).toHaveLength(7);
      expect(bodies(peer).map((body) => body['client_id'])).toEqual(Array.from({ length: 7 }, () => id));
    },
  );

  test('does not show in what a later run tells of one that was killed', async () => {
    const state = stateDirectory();
    const peer = await backend(() => '0');
    const urls = { on_play: [peer.origin], on_stop: [peer.origin] };
    const first = openRun(urls, state);
    const gate = gateIn(first.hooks, 'srs5', urls);
    await gate.authorize(gateEvent('on_play', opening(1)), staying());
    openRun(urls, { stateDir: state.crashed(), run: 'svc00002' });
    await peer.arrival(2);
    expect(bodies(peer).map((body) => [body['action'], body['client_id']])).toEqual([
      ['on_play', 'a1b2c3d4'],
      ['on_stop', 'a1b2c3d4'],
    ]);
  });
});

describe('a change of the clock on the wall', () => {
  const DAY = 86_400_000;
  const options = { maxAgeMs: DAY, retryMinMs: 60_000, retryMaxMs: 60_000 };

  /** Moves the time of day. */
  function leap(ms: number): void {
    const now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + ms);
    onTestFinished(() => void vi.restoreAllMocks());
  }

  /** Lets an event be tried again that waits for it. */
  async function triedAgain(peer: Awaited<ReturnType<typeof backend>>, clock: ReturnType<typeof handClock>) {
    const next = peer.arrival(peer.received.length + 1);
    clock.advance(60_000);
    await next;
  }

  test.each([2 * DAY, -2 * DAY])('by %i ms makes no event older or younger', async (jump) => {
    const clock = handClock();
    const peer = await backend(() => ({ status: 503 }));
    const { gate, hooks } = openRun({ on_close: [peer.origin] }, { ...stateDirectory(), options }, clock);
    gate.emit(closingEvent('on_close'));
    await peer.arrival(1);
    await hooks.drain(0);
    leap(jump);
    await triedAgain(peer, clock);
    await hooks.drain(0);
    expect(hooks.stats).toMatchObject({ events: 1, givenUp: 0, oldestMs: 60_000 });
    clock.advance(DAY);
    await until('the end of it', () => hooks.stats.givenUp === 1);
  });

  test.each([2 * DAY, -2 * DAY])(
    'by %i ms between two runs makes no event older or younger',
    async (jump) => {
      const state = stateDirectory();
      const peer = await backend(() => ({ status: 503 }));
      const urls = { on_close: [peer.origin] };
      const clock = handClock();
      const first = openRun(urls, { ...state, options }, clock);
      first.gate.emit(closingEvent('on_close'));
      await peer.arrival(1);
      await first.hooks.drain(0);
      clock.advance(DAY / 2);
      await until('the second attempt', () => peer.received.length === 2);
      await first.hooks.close();
      leap(jump);
      const later = handClock();
      const second = openRun(urls, { ...state, options, run: 'svc00002' }, later);
      await peer.arrival(3);
      await second.hooks.drain(0);
      expect(second.hooks.stats).toMatchObject({ events: 1, givenUp: 0 });
      expect(second.hooks.stats.oldestMs).toBeGreaterThanOrEqual(DAY / 2);
      later.advance(DAY / 2);
      await until('the end of it', () => second.hooks.stats.givenUp === 1);
    },
  );

  test('does not show in how long a killed server is said to have had its clients', async () => {
    const state = stateDirectory();
    const peer = await backend(() => '0');
    const urls = { on_play: [peer.origin], on_stop: [peer.origin] };
    const clock = handClock();
    const { gate } = openRun(urls, state, clock);
    await gate.authorize(gateEvent('on_play', opening(1)), staying());
    leap(DAY);
    clock.advance(10_000);
    await until('the time to be written down', () => isWritten(state.stateDir, '"ms":10000'));
    openRun(urls, { stateDir: state.crashed(), run: 'svc00002' }, handClock());
    await peer.arrival(2);
    expect(bodies(peer)[1]).toMatchObject({ action: 'on_stop', duration_ms: 10_000 });
  });

  test('lets sequence numbers grow over a restart all the same', async () => {
    const state = stateDirectory();
    const peer = await backend(() => '0');
    const urls = { on_close: [peer.origin] };
    const first = openRun(urls, state);
    first.gate.emit(closingEvent('on_close'));
    await peer.arrival(1);
    await first.hooks.drain(10_000);
    await first.hooks.close();
    leap(-DAY);
    openRun(urls, { ...state, run: 'svc00002' }).gate.emit(closingEvent('on_close'));
    await peer.arrival(2);
    const [before, after] = bodies(peer).map((body) => Number(body['event_seq']));
    expect(after).toBeGreaterThan(before ?? 0);
  });
});

/** True if a text is in one of the files of the outbox. */
function isWritten(stateDir: string, text: string): boolean {
  const directory = join(stateDir, 'outbox');
  return readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes(text));
}

test('a damaged outbox is one error line that names what was moved where, and the rest goes out', async () => {
  const state = stateDirectory();
  const peer = await backend(() => (peer.received.length < 3 ? { status: 500 } : '0'));
  const options = { retryMinMs: 60_000, retryMaxMs: 60_000 };
  const urls = { on_close: [peer.origin] };
  const first = openRun(urls, { ...state, options });
  for (const number of [1, 2])
    first.gate.emit(closingEvent('on_close', { client: { ...FACTS.client, number } }));
  await peer.arrival(2);
  await first.hooks.close();
  const file = join(state.stateDir, 'outbox/00000001.log');
  const bytes = readFileSync(file);
  bytes.write('XXXX', bytes.indexOf('"client_id'));
  writeFileSync(file, bytes);
  const second = openRun(urls, { ...state, run: 'svc00002' });
  expect(second.logger.at('error')).toMatchObject([
    {
      message: 'outbox file damaged, readable records recovered',
      fields: { file, movedTo: expect.stringContaining(`${file}.damaged-`) },
    },
  ]);
  await peer.arrival(3);
  await second.hooks.drain(10_000);
  expect(bodies(peer).map((body) => body['client_id'])).toEqual([1, 2, 2]);
});
