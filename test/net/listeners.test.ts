import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ListenAddress } from '../../src/model/options.ts';
import { listen } from '../../src/net/listener.ts';
import { type Entrance, Listeners } from '../../src/net/listeners.ts';
import { answers, freePort } from '../support/free-port.ts';
import { keepingLog } from '../support/memory-server.ts';
import { until } from '../support/until.ts';

/** Listeners, and the sockets that their owners have been given. */
function open(listenAt?: typeof listen) {
  const log = keepingLog();
  const listeners = new Listeners(log, listenAt);
  const taken: string[] = [];
  onTestFinished(() => listeners.close());
  const at = (name: string, ...wanted: readonly (number | ListenAddress)[]): Entrance => ({
    protocol: 'rtmp',
    listen: wanted.map((one) => (typeof one === 'number' ? { host: '127.0.0.1', port: one } : one)),
    take: (socket) => {
      taken.push(name);
      socket.destroy();
    },
  });
  return { listeners, taken, at, log };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket.resume();
}

test('who comes to a new address before the change counts is let in by its owner when it does', async () => {
  const { listeners, taken, at } = open();
  const port = await freePort();
  const prepared = await listeners.prepare([at('new', port)]);
  await dial(port);
  await dial(port);
  expect(listeners.addresses).toEqual([]);
  expect(taken).toEqual([]);
  prepared.commit();
  await until('two sockets', () => taken.length === 2);
  await dial(port);
  await until('a third', () => taken.length === 3);
  expect(taken).toEqual(['new', 'new', 'new']);
});

test('who comes to a new address that is given up again is cut off, and the old ones have been open all the while', async () => {
  const { listeners, taken, at } = open();
  const [old, fresh] = [await freePort(), await freePort()];
  (await listeners.prepare([at('old', old)])).commit();
  const prepared = await listeners.prepare([at('new', old, fresh)]);
  const early = await dial(fresh);
  const cut = new Promise((resolve) => early.once('close', resolve));
  await dial(old);
  await until('the socket at the old address', () => taken.length === 1);
  await prepared.rollBack();
  await cut;
  expect(await answers(fresh)).toBe(false);
  await dial(old);
  await until('another one', () => taken.length === 2);
  expect(taken).toEqual(['old', 'old']);
});

test('a change that counts after the listeners were closed opens nothing', async () => {
  const { listeners, at } = open();
  const port = await freePort();
  const prepared = await listeners.prepare([at('new', port)]);
  listeners.close();
  prepared.commit();
  expect(await answers(port)).toBe(false);
});

describe('a port of both kinds of addresses', () => {
  const anyOf = (port: number): ListenAddress => ({ host: undefined, port });
  const any4 = (port: number): ListenAddress => ({ host: '0.0.0.0', port });
  const any6 = (port: number): ListenAddress => ({ host: '::', port });
  const reached = (port: number, host: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      onTestFinished(() => void socket.destroy());
    });
  const reach = async (port: number) => [await reached(port, '127.0.0.1'), await reached(port, '::1')];

  const FORMS: readonly (readonly [
    form: string,
    (port: number) => readonly ListenAddress[],
    readonly boolean[],
  ])[] = [
    ['P', (port) => [anyOf(port)], [true, true]],
    ['P [::]:P', (port) => [anyOf(port), any6(port)], [true, true]],
    ['[::]:P P', (port) => [any6(port), anyOf(port)], [true, true]],
    ['0.0.0.0:P [::]:P', (port) => [any4(port), any6(port)], [true, true]],
    ['[::]:P', (port) => [any6(port)], [true, true]],
    ['P [::1]:P', (port) => [anyOf(port), { host: '::1', port }], [true, true]],
    ['127.0.0.1:P [::]:P', (port) => [{ host: '127.0.0.1', port }, any6(port)], [true, true]],
    ['0.0.0.0:P', (port) => [any4(port)], [true, false]],
    ['[::1]:P', (port) => [{ host: '::1', port }], [false, true]],
  ];

  test.each(FORMS)('%s can be listened at', async (_form, listening, expected) => {
    const { listeners, at } = open();
    const port = await freePort();
    (await listeners.prepare([at('a', ...listening(port))])).commit();
    expect(await reach(port)).toEqual(expected);
    expect(listeners.addresses.map((address) => address.port)).toEqual(listening(port).map(() => port));
  });

  test('goes over from one form to another without being closed', async () => {
    const { listeners, at } = open();
    const port = await freePort();
    for (const [form, listening, expected] of [...FORMS.slice(0, 5), ...FORMS.slice(0, 5).toReversed()]) {
      const prepared = await listeners.prepare([at('a', ...listening(port))]);
      prepared.commit();
      expect([form, ...(await reach(port))]).toEqual([form, ...expected]);
    }
  });

  test('cannot be exchanged for one of its addresses, nor the other way round, and says so', async () => {
    const { listeners, at } = open();
    const port = await freePort();
    (await listeners.prepare([at('a', port)])).commit();
    await expect(listeners.prepare([at('a', anyOf(port))])).rejects.toThrow(
      `cannot exchange 127.0.0.1:${port} for 0.0.0.0:${port} while the server runs: start it again`,
    );
    expect(await answers(port)).toBe(true);
  });

  test('can be shared by two kinds of clients', async () => {
    const { listeners, at, taken } = open();
    const port = await freePort();
    (await listeners.prepare([at('of IPv4', anyOf(port)), at('of IPv6', any6(port))])).commit();
    expect(await reach(port)).toEqual([true, true]);
    await until('both', () => taken.length === 2);
    expect(taken).toEqual(['of IPv4', 'of IPv6']);
  });

  /** As the kernel answers on a machine without IPv6. */
  const withoutIpv6: typeof listen = (where, onSocket) =>
    where.host?.includes(':')
      ? Promise.reject(new Error('no IPv6', { cause: { code: 'EAFNOSUPPORT' } }))
      : listen(where, onSocket);

  test.each(FORMS.slice(0, 4))('%s is that of IPv4 on a machine without IPv6', async (_form, listening) => {
    const { listeners, at, log } = open(withoutIpv6);
    const port = await freePort();
    (await listeners.prepare([at('a', ...listening(port))])).commit();
    expect(await reach(port)).toEqual([true, false]);
    const isNamed = listening(port).some(({ host }) => host === '::');
    expect(log.lines.map(({ message }) => message)).toEqual(
      isNamed ? ['IPv6 address skipped, no IPv6 here'] : [],
    );
  });

  test('[::] alone is refused on a machine without IPv6', async () => {
    const { listeners, at } = open(withoutIpv6);
    const port = await freePort();
    await expect(listeners.prepare([at('a', any6(port))])).rejects.toThrow('no IPv6');
    expect(await answers(port)).toBe(false);
  });
});
