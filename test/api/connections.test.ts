import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  MAX_API_CONNECTIONS,
  MAX_API_CONNECTIONS_PER_ADDRESS,
  MAX_KEPT_API_CONNECTIONS,
} from '../../src/api/api-connections.ts';
import { until } from '../support/until.ts';
import { requestOf, WebClient } from '../support/web-viewer.ts';
import { startApi } from './support.ts';

const AUTH = 'auth { enabled on; username a; password b; }';
const USER = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };

/** An API, and clients at addresses of this machine. */
async function besieged() {
  const api = await startApi(AUTH);
  const clients: WebClient[] = [];
  onTestFinished(() => {
    for (const { socket } of clients) socket.destroy();
  });
  const enter = async (from: number) => {
    const socket = connect({ port: api.apiPort, host: '127.0.0.1', localAddress: `127.0.0.${from}` });
    const client = new WebClient(socket);
    clients.push(client);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  };
  const ask = async (client: WebClient, path: string, headers = {}) => {
    client.take();
    client.write(requestOf(path, headers));
    return client.head();
  };
  return {
    ...api,
    enter,
    ask,
    /** As many who say nothing, from addresses that have room for them. */
    async enterSilent(count: number) {
      const silent: WebClient[] = [];
      for (let i = 0; i < count; i++)
        silent.push(await enter(10 + Math.floor(i / MAX_API_CONNECTIONS_PER_ADDRESS)));
      return silent;
    },
    async isAnswered(from = 200) {
      const client = await enter(from);
      return (await ask(client, '/healthz')).status === 200;
    },
  };
}

describe('connections to the API that say nothing', () => {
  test('give way to health checks, scrapes and the operator, the oldest first', async () => {
    const api = await besieged();
    const silent = await api.enterSilent(MAX_API_CONNECTIONS);
    expect(await api.isAnswered()).toBe(true);
    const { status } = await api.ask(await api.enter(200), '/metrics', USER);
    expect(status).toBe(200);
    await until('two of them to be closed', () => silent[0]?.closed && silent[1]?.closed);
    expect(silent.filter(({ closed }) => closed)).toHaveLength(2);
  });

  test('of one address are so many at most, and take nothing of those of others', async () => {
    const api = await besieged();
    const other = await api.enter(3);
    const silent: WebClient[] = [];
    for (let i = 0; i < MAX_API_CONNECTIONS_PER_ADDRESS + 5; i++) silent.push(await api.enter(2));
    await until('the oldest five to be closed', () => silent.slice(0, 5).every(({ closed }) => closed));
    expect(silent.slice(5).some(({ closed }) => closed)).toBe(false);
    expect((await api.ask(other, '/healthz')).status).toBe(200);
  });

  test('close nobody who is logged in', async () => {
    const api = await besieged();
    const operator = await api.enter(200);
    expect((await api.ask(operator, '/api/v2/server', USER)).status).toBe(200);
    await api.enterSilent(MAX_API_CONNECTIONS + 50);
    expect((await api.ask(operator, '/api/v2/server', USER)).status).toBe(200);
  });
});

test('connections that ask without a password give way too', async () => {
  const api = await besieged();
  const stranger = await api.enter(2);
  expect((await api.ask(stranger, '/healthz')).status).toBe(200);
  await api.enterSilent(MAX_API_CONNECTIONS);
  await until('it to be closed', () => stranger.closed);
});

test('when users hold all connections that are kept, the others are answered one request each', async () => {
  const api = await besieged();
  for (let i = 0; i < MAX_KEPT_API_CONNECTIONS; i++) {
    const user = await api.enter(10 + Math.floor(i / 50));
    expect((await api.ask(user, '/api/v2/server', USER)).headers).not.toHaveProperty('connection', 'close');
  }
  const more = await api.enter(200);
  const { status, headers } = await api.ask(more, '/api/v2/server', USER);
  expect([status, headers['connection']]).toEqual([200, 'close']);
  await api.enterSilent(MAX_API_CONNECTIONS);
  expect(await api.isAnswered()).toBe(true);
});
