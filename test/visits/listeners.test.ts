import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Entrance, Listeners } from '../../src/visits/listeners.ts';
import { answers, freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

/** Listeners, and the sockets that their owners have been given. */
function open() {
  const listeners = new Listeners();
  const taken: string[] = [];
  onTestFinished(() => listeners.close());
  const at = (name: string, ...ports: readonly number[]): Entrance => ({
    protocol: 'rtmp',
    listen: ports.map((port) => ({ host: '127.0.0.1', port })),
    take: (socket) => {
      taken.push(name);
      socket.destroy();
    },
  });
  return { listeners, taken, at };
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
