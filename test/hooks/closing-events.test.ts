import { expect, test } from 'vitest';
import { Backends } from '../../src/hooks/backends.ts';
import { Caller } from '../../src/hooks/caller.ts';
import { DeliveryQueue } from '../../src/hooks/delivery-queue.ts';
import { Stamper } from '../../src/hooks/event.ts';
import { Messenger } from '../../src/hooks/messenger.ts';
import { prepareHooks } from '../../src/hooks/vhost-hooks.ts';
import type { ScriptedBackend } from './scripted-backend.ts';
import {
  backend,
  closingEvent,
  FACTS,
  handClock,
  hookOptions,
  keepingLogger,
  keepingObserver,
  openGate,
  openHooks,
  SERVER,
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
  for (const action of ['on_unpublish', 'on_stop', 'on_close'] as const) gate.tell(closingEvent(action));
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
  expect(await drained).toEqual({ delivered: 3, lost: 0 });
});

test('clients do not wait for each other', async () => {
  const peer = await backend(({ body }) => (JSON.parse(body).client_id === 1 ? undefined : '0'));
  const { gate } = openGate({ on_close: [peer.origin] });
  gate.tell(closingEvent('on_close', client(1)));
  gate.tell(closingEvent('on_close', client(1)));
  gate.tell(closingEvent('on_close', client(2)));
  await peer.arrival(2);
  expect(peer.received.map(({ body }) => JSON.parse(body).client_id).sort()).toEqual([1, 2]);
});

test('every URL is told in order, also behind one that fails, and each failure is a warning', async () => {
  const peer = await backend(({ url }) => (url === '/two' ? { status: 500 } : '0'));
  const { gate, hooks, logger } = openGate({
    on_stop: [`${peer.origin}/one`, `${peer.origin}/two`, `${peer.origin}/three`],
  });
  gate.tell(closingEvent('on_stop'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 0, lost: 1 });
  expect(peer.received.map(({ url }) => url)).toEqual(['/one', '/two', '/three']);
  expect(logger.at('warn').map(({ message, fields }) => [message, fields.url, fields.reason])).toEqual([
    ['closing event failed', `${peer.origin}/two`, 'status 500 is not 200, body ""'],
    ['closing events lost while stopping', undefined, undefined],
  ]);
});

test('a URL that hangs does not take the time of the next', async () => {
  const clock = handClock();
  const peer = await backend(({ url }) => (url === '/hangs' ? undefined : '0'));
  const { gate, hooks, logger } = openGate(
    { on_stop: [`${peer.origin}/hangs`, peer.origin] },
    { timeoutMs: 3000 },
    clock,
  );
  gate.tell(closingEvent('on_stop'));
  await peer.arrival(1);
  clock.advance(3000);
  await peer.arrival(2);
  await hooks.drain(10_000);
  expect(logger.at('warn')[0]?.fields.reason).toBe(
    `The backend ${peer.origin}/hangs did not answer within 3000 ms.`,
  );
});

test('an event that nobody wants to hear of is no work', async () => {
  const { gate, hooks } = openGate({});
  gate.tell(closingEvent('on_close'));
  gate.tell(closingEvent('on_close', { vhost: 'unknown' }));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 0, lost: 0 });
});

test('drain gives up after its time and says what is lost; closing cuts the rest', async () => {
  const clock = handClock();
  const peer = await backend(() => undefined);
  const { gate, hooks, logger } = openGate(
    { on_stop: [peer.origin, peer.origin], on_close: [peer.origin] },
    { timeoutMs: 9000 },
    clock,
  );
  gate.tell(closingEvent('on_stop'));
  gate.tell(closingEvent('on_close'));
  gate.tell(closingEvent('on_close', client(2)));
  const drained = hooks.drain(1000);
  const request = await peer.arrival(2);
  clock.advance(1000);
  expect(await drained).toEqual({ delivered: 0, lost: 3 });
  await hooks.close();
  await request.gone;
  expect(logger.at('warn')).toEqual([
    {
      level: 'warn',
      message: 'closing events lost while stopping',
      fields: { delivered: 0, lost: 3, timeoutMs: 1000 },
    },
  ]);
  expect(clock.pending()).toBe(0);
  gate.tell(closingEvent('on_close'));
  expect(logger.at('warn')[1]?.message).toBe('closing event lost: the server has stopped');
});

test('an old snapshot and a new one keep the order of their client together', async () => {
  const peer = await backend(() => '0');
  const { hooks } = openHooks();
  const gateTo = (path: string) =>
    hooks.gateFor(
      new Map([
        [FACTS.vhost, hookOptions({ on_stop: [peer.origin + path], on_close: [peer.origin + path] })],
      ]),
    );
  gateTo('/old').tell(closingEvent('on_stop'));
  gateTo('/new').tell(closingEvent('on_close'));
  expect(await hooks.drain(10_000)).toEqual({ delivered: 2, lost: 0 });
  expect(peer.received.map(({ url }) => url)).toEqual(['/old', '/new']);
});

/** A queue whose deliveries end when the test says so. */
function handQueue(bounds: { maxWaiting?: number; maxRunning?: number }) {
  const running: { name: string; end: (arrived?: boolean) => Promise<void> }[] = [];
  const dropped: string[] = [];
  const name = ({ event }: { event: ReturnType<typeof closingEvent> }) =>
    `${event.client.number} ${event.action} ${event.vhost}`;
  const queue = new DeliveryQueue({
    ...bounds,
    deliver: (delivery) =>
      new Promise((resolve) => {
        running.push({
          name: name(delivery),
          end: async (arrived = true) => {
            resolve(arrived);
            await new Promise((settled) => setImmediate(settled));
          },
        });
      }),
    dropped: (delivery) => dropped.push(name(delivery)),
  });
  const hooks = prepareHooks(hookOptions({}), '0');
  const add = (number: number, action: 'on_stop' | 'on_close', vhost = 'v') =>
    queue.add({ event: closingEvent(action, { ...client(number), vhost }), hooks });
  return { queue, running, dropped, add, names: () => running.map((entry) => entry.name) };
}

test('a vhost has a bounded number on its way, and does not hold up another', async () => {
  const { add, names, running, queue } = handQueue({ maxRunning: 2 });
  for (const number of [1, 2, 3]) add(number, 'on_close');
  add(4, 'on_close', 'w');
  expect(names()).toEqual(['1 on_close v', '2 on_close v', '4 on_close w']);
  await running[1]?.end(false);
  expect(names().slice(3)).toEqual(['3 on_close v']);
  expect(queue).toMatchObject({ outstanding: 3, arrived: 0, failed: 1 });
});

test('a client that moved between vhosts keeps its order', async () => {
  const { add, names, running } = handQueue({});
  add(1, 'on_stop', 'v');
  add(1, 'on_close', 'w');
  add(1, 'on_close', 'v');
  expect(names()).toEqual(['1 on_stop v']);
  await running[0]?.end();
  await running[1]?.end();
  expect(names()).toEqual(['1 on_stop v', '1 on_close w', '1 on_close v']);
});

test('over its bound the queue drops what has waited longest', async () => {
  const { add, names, running, dropped, queue } = handQueue({ maxRunning: 1, maxWaiting: 2 });
  add(1, 'on_stop');
  add(2, 'on_stop');
  add(2, 'on_close');
  add(1, 'on_close');
  add(3, 'on_close');
  expect(dropped).toEqual(['2 on_stop v', '2 on_close v']);
  for (const index of [0, 1, 2]) await running[index]?.end();
  expect(names()).toEqual(['1 on_stop v', '3 on_close v', '1 on_close v']);
  expect(queue.outstanding).toBe(0);
  add(2, 'on_close');
  expect(names().at(-1)).toBe('2 on_close v');
});

test('clearing forgets what waits, counts it, and leaves what is on its way', async () => {
  const { add, running, queue } = handQueue({ maxRunning: 1 });
  add(1, 'on_stop');
  add(1, 'on_close');
  add(2, 'on_close');
  expect(queue.clear()).toBe(2);
  expect(queue.outstanding).toBe(1);
  await running[0]?.end();
  expect(queue.outstanding).toBe(0);
  expect(running).toHaveLength(1);
});

test('drops are counted in one line per interval', async () => {
  const clock = handClock();
  const logger = keepingLogger();
  const observer = keepingObserver();
  const backends = new Backends(clock, logger, observer);
  const caller = new Caller({ backends, clock, server: SERVER, observer });
  const peer = await backend(() => undefined);
  const messenger = new Messenger(
    { clock, logger, caller, stamper: new Stamper(), observer },
    { maxWaiting: 1, maxRunning: 1 },
  );
  const hooks = prepareHooks(hookOptions({ on_close: [peer.origin] }), '0.1.0');
  const tell = (number: number) => messenger.tell(closingEvent('on_close', client(number)), hooks);
  for (const number of [1, 2, 3, 4, 5]) tell(number);
  const drops = () => logger.at('warn').map(({ fields }) => fields.dropped);
  expect(drops()).toEqual([1]);
  clock.advance(10_000);
  tell(6);
  expect(drops()).toEqual([1, 3]);
  tell(7);
  await messenger.close();
  await backends.close();
  expect(drops()).toEqual([1, 3, 1]);
});
