import { expect, test } from 'vitest';
import type { ScriptedBackend } from './scripted-backend.ts';
import {
  backend,
  closingEvent,
  FACTS,
  gateFor,
  handClock,
  hookOptions,
  openGate,
  openHooks,
} from './support.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0';
const actions = ({ received }: ScriptedBackend) => received.map(({ body }) => JSON.parse(body).action);
const client = (number: number) => ({ client: { ...FACTS.client, number, id: `client0${number}` } });

test("a client's events arrive in the order told, one after the other", async () => {
  const peer = await backend(() => undefined);
  const { gate, hooks } = openGate({
    on_stop: [peer.origin],
    on_close: [peer.origin],
    on_unpublish: [peer.origin],
  });
  for (const action of ['on_unpublish', 'on_stop', 'on_close'] as const) gate.emit(closingEvent(action));
  const drained = hooks.drain(10_000);
  for (const [count, order] of [
    ['on_unpublish'],
    ['on_unpublish', 'on_stop'],
    ['on_unpublish', 'on_stop', 'on_close'],
  ].entries()) {
    const request = await peer.arrival(count + 1);
    expect(actions(peer)).toEqual(order);
    request.socket.write(OK);
  }
  expect(await drained).toEqual({ delivered: 3, left: 0 });
});

test('clients do not wait for each other', async () => {
  const peer = await backend(({ body }) => (JSON.parse(body).client_id === 1 ? undefined : '0'));
  const { gate } = openGate({ on_close: [peer.origin] });
  gate.emit(closingEvent('on_close', client(1)));
  gate.emit(closingEvent('on_close', client(1)));
  gate.emit(closingEvent('on_close', client(2)));
  await peer.arrival(2);
  expect(peer.received.map(({ body }) => JSON.parse(body).client_id).sort()).toEqual([1, 2]);
});

test('a URL that fails is tried again, alone, behind those that come after it', async () => {
  const peer = await backend(({ url }) =>
    url === '/two' && peer.received.length < 4 ? { status: 500 } : '0',
  );
  const { gate, hooks, logger } = openGate({
    on_stop: [`${peer.origin}/one`, `${peer.origin}/two`, `${peer.origin}/three`],
  });
  gate.emit(closingEvent('on_stop'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 1, left: 0 });
  expect(peer.received.map(({ url }) => url)).toEqual(['/one', '/two', '/three', '/two']);
  expect(new Set(peer.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(logger.at('warn').map(({ message, fields }) => [message, fields.url, fields.reason])).toEqual([
    ['event not delivered, will retry', `${peer.origin}/two`, 'status 500 is not 200, body ""'],
  ]);
});

test.each([
  ['a refusal in words', '{"code":7,"message":"never heard of it"}'],
  ['a status that means no', { status: 403 }],
  ['a status that another attempt would not change', { status: 404 }],
  ['a status 200 that says nothing', ''],
  ['a status 200 that is not understood', 'Thank you!'],
] as const)('%s is an arrival, with a warning', async (_what, answer) => {
  const peer = await backend(() => answer);
  const { gate, hooks, logger } = openGate({ on_stop: [peer.origin] });
  gate.emit(closingEvent('on_stop'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 1, left: 0 });
  expect(peer.received).toHaveLength(1);
  expect(logger.at('warn')[0]?.message).toBe('event delivered, backend answered with an error');
});

test.each([
  ['status 500 with words', { status: 500, body: '{"code":1,"message":"database is gone"}' }],
  ['status 503', { status: 503 }],
  ['status 429', { status: 429 }],
  ['status 408', { status: 408 }],
] as const)('%s is no arrival: the event is sent again', async (_what, answer) => {
  const peer = await backend(() => (peer.received.length < 3 ? answer : '0'));
  const { gate, hooks } = openGate({ on_stop: [peer.origin] });
  gate.emit(closingEvent('on_stop'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 1, left: 0 });
  expect(peer.received).toHaveLength(3);
  expect(new Set(peer.received.map(({ body }) => body)).size).toBe(1);
});

test('a URL that hangs does not take the time of the next', async () => {
  const clock = handClock();
  const peer = await backend(({ url }) => (url === '/hangs' ? undefined : '0'));
  const { gate, hooks, logger } = openGate(
    { on_stop: [`${peer.origin}/hangs`, peer.origin] },
    { timeoutMs: 3000 },
    clock,
  );
  gate.emit(closingEvent('on_stop'));
  await peer.arrival(1);
  clock.advance(3000);
  await peer.arrival(2);
  const drained = hooks.drain(10_000);
  clock.advance(10_000);
  await drained;
  expect(logger.at('warn')[0]?.fields.reason).toBe(
    `The backend ${peer.origin}/hangs did not answer within 3000 ms.`,
  );
});

test('an event that nobody wants to hear of is no work', async () => {
  const { gate, hooks } = openGate({});
  gate.emit(closingEvent('on_close'));
  gate.emit(closingEvent('on_close', { vhost: 'unknown' }));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 0, left: 0 });
});

test('drain gives up after its time and says what is lost in memory; closing cuts the rest', async () => {
  const clock = handClock();
  const peer = await backend(() => undefined);
  const { gate, hooks, logger } = openGate(
    { on_stop: [peer.origin, peer.origin], on_close: [peer.origin] },
    { timeoutMs: 9000 },
    clock,
  );
  gate.emit(closingEvent('on_stop'));
  gate.emit(closingEvent('on_close'));
  gate.emit(closingEvent('on_close', client(2)));
  const drained = hooks.drain(1000);
  const request = await peer.arrival(2);
  clock.advance(1000);
  expect(await drained).toEqual({ delivered: 0, left: 3 });
  await hooks.close();
  await request.gone;
  expect(logger.at('warn')).toEqual([
    { level: 'warn', message: 'events lost while stopping', fields: { delivered: 0, left: 3 } },
  ]);
  gate.emit(closingEvent('on_close'));
  expect(logger.at('warn')[1]?.message).toBe('event lost, server stopped');
});

test('an event goes where the newest configuration sends it, and where the last one did that knew it', async () => {
  const peer = await backend(() => '0');
  const { hooks } = openHooks();
  const gateTo = (urls: Parameters<typeof hookOptions>[0]) =>
    gateFor(hooks, new Map([[FACTS.vhost, hookOptions(urls)]]));
  const old = gateTo({ on_stop: [`${peer.origin}/old`], on_close: [`${peer.origin}/old`] });
  gateTo({ on_stop: [`${peer.origin}/new`] });
  old.emit(closingEvent('on_stop'));
  old.emit(closingEvent('on_close'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 2, left: 0 });
  expect(peer.received.map(({ url }) => url)).toEqual(['/new', '/old']);
});
