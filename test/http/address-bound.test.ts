import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.ts';
import { startWebServer } from '../support/web-server.ts';
import { requestOf, WebClient } from '../support/web-viewer.ts';

/** A server whose clients say with a PROXY header, as a load balancer would, where they come from. */
async function behindBalancer(options: Parameters<typeof startWebServer>[0] = {}) {
  const server = await startWebServer({
    proxyProtocol: { enabled: true, trusted: ['127.0.0.1'] },
    ...options,
  });
  const enter = async (from: string) => {
    const client = await WebClient.connect(server.port);
    onTestFinished(() => void client.socket.destroy());
    client.write(`PROXY TCP4 ${from} 127.0.0.1 4000 80\r\n`);
    return client;
  };
  return {
    ...server,
    enter,
    /** One who says nothing more, once the server has taken it. */
    async enterSilent(from: string) {
      const before = server.server.connections;
      const client = await enter(from);
      await until('it to be there', () => server.server.connections > before);
      return client;
    },
    async watch(from: string) {
      const client = await enter(from);
      client.write(requestOf('/live/cam.flv'));
      return client;
    },
  };
}

const [OFFICE, OTHER] = ['198.51.100.7', '198.51.100.8'];

describe('connections of one address', () => {
  test('are so many at most, and are told of once a second', async () => {
    const { watch, clock, log } = await behindBalancer({ http: { maxConnectionsPerAddress: 2 } });
    for (let i = 0; i < 2; i++) expect((await (await watch(OFFICE)).head()).status).toBe(200);
    const tooMany = await watch(OFFICE);
    await until('the third to be closed', () => tooMany.closed);
    expect((await (await watch(OTHER)).head()).status).toBe(200);
    clock.advance(1000);
    expect(log.map(({ fields }) => fields)).toContainEqual({
      ip: OFFICE,
      turnedAway: 1,
      maxConnectionsPerAddress: 2,
    });
  });

  test('make one of their own give way on which nothing is asked, not those of others', async () => {
    const { watch, enterSilent } = await behindBalancer({ http: { maxConnectionsPerAddress: 2 } });
    const other = await enterSilent(OTHER);
    const viewer = await watch(OFFICE);
    expect((await viewer.head()).status).toBe(200);
    const silent = await enterSilent(OFFICE);
    expect((await (await watch(OFFICE)).head()).status).toBe(200);
    await until('the silent one to be closed', () => silent.closed);
    expect([viewer.closed, other.closed]).toEqual([false, false]);
  });

  test('have no bound where it is this machine', async () => {
    const { watch } = await startWebServer({ http: { maxConnectionsPerAddress: 1 } });
    for (let i = 0; i < 3; i++) expect((await watch.http('/live/cam.flv')).head.status).toBe(200);
  });

  test('count by viewers behind a proxy that is trusted', async () => {
    const { watch, server } = await startWebServer({
      http: { maxConnectionsPerAddress: 2, trusted: ['127.0.0.0/8'] },
    });
    const from = (ip: string) => watch.http('/live/cam.flv', { 'x-forwarded-for': ip });
    const [viewer] = [await from(OFFICE), await from(OFFICE)];
    expect((await from(OFFICE)).head.status).toBe(429);
    expect((await from(OTHER)).head.status).toBe(200);
    const before = server.connections;
    viewer.client.socket.destroy();
    await until('its place to be free', () => server.connections < before);
    expect((await from(OFFICE)).head.status).toBe(200);
  });
});

describe('when there are as many connections as there may be', () => {
  test('silent ones give way to publishers and viewers, the oldest first', async () => {
    const { enterSilent, watch } = await behindBalancer({ maxConnections: 3 });
    const silent = [await enterSilent(OFFICE), await enterSilent(OTHER), await enterSilent(OFFICE)];
    const viewer = await watch(OTHER);
    expect((await viewer.head()).status).toBe(200);
    await until('the oldest to be closed', () => silent[0]?.closed);
    expect([silent[1]?.closed, viewer.closed]).toEqual([false, false]);
  });

  test('nobody is closed who watches', async () => {
    const { watch, publish } = await startWebServer({ maxConnections: 2 });
    const viewers = [await watch.http('/live/cam.flv'), await watch.websocket('/live/cam.flv')];
    await expect(publish()).rejects.toThrow();
    expect(viewers.map(({ client }) => client.closed)).toEqual([false, false]);
  });
});
