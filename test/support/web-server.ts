import { onTestFinished } from 'vitest';
import type { Config, VhostOptions } from '../../src/model/options.ts';
import { createServer, type ServerDeps } from '../../src/server/server.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeGate } from './fake-gate.ts';
import { keepingLog } from './memory-server.ts';
import { config } from './options.ts';
import { type PublishingClient, startPublishing } from './rtmp-peer.ts';
import { flv } from './say.ts';
import { type FlvViewer, watchHttp, watchWebSocket } from './web-viewer.ts';

/** A whole server that speaks HTTP too, stopped at the end of the test. Its time is the test's. */
export async function startWebServer(
  options: {
    readonly http?: Partial<Config['httpServer']>;
    readonly vhosts?: readonly VhostOptions[];
    readonly workerContext?: ServerDeps['workerContext'];
  } & Partial<Omit<Config, 'httpServer' | 'vhosts'>> = {},
) {
  const gate = new FakeGate();
  const clock = new FakeClock('real');
  const logger = keepingLog();
  const { http, workerContext, ...rest } = options;
  const httpServer = {
    enabled: true,
    listen: [{ host: '127.0.0.1', port: 0 }],
    dir: undefined,
    serveRecordings: false,
    crossdomain: true,
    trusted: [],
    maxConnectionsPerAddress: 0,
    ...http,
  };
  const wanted = config({ ...rest, httpServer });
  const server = await createServer(wanted, {
    logger,
    gate,
    clock,
    ...(workerContext ? { workerContext } : {}),
  });
  const viewers: FlvViewer[] = [];
  onTestFinished(async () => {
    for (const { client } of viewers) client.socket.destroy();
    await server.stop();
  });
  const portOf = (protocol: string) =>
    server.addresses.find((address) => address.protocol === protocol)?.port ?? 0;
  const kept = (viewer: FlvViewer) => {
    viewers.push(viewer);
    return viewer;
  };
  return {
    server,
    gate,
    clock,
    config: wanted,
    log: logger.lines,
    get port() {
      return portOf('http');
    },
    get rtmpPort() {
      return portOf('rtmp');
    },
    watch: {
      http: async (path: string, headers = {}) => kept(await watchHttp(portOf('http'), path, headers)),
      websocket: async (path: string, headers = {}) =>
        kept(await watchWebSocket(portOf('http'), path, headers)),
    },
    async publish(name = 'cam', app = 'live'): Promise<PublishingClient> {
      const publisher = await startPublishing(name, { port: portOf('rtmp'), app });
      onTestFinished(() => publisher.stop());
      return publisher;
    },
  };
}

/** Packets of a picture with sound. */
export const packet = {
  metadata: () => ({ type: 18, timestamp: 0, payload: flv.metadata() }),
  avcConfig: () => ({ type: 9, timestamp: 0, payload: flv.avcConfig() }),
  aacConfig: () => ({ type: 8, timestamp: 0, payload: flv.aacConfig() }),
  keyframe: (name: string, timestamp: number) => ({ type: 9, timestamp, payload: flv.keyframe(name) }),
  frame: (name: string, timestamp: number) => ({ type: 9, timestamp, payload: flv.frame(name) }),
  sound: (name: string, timestamp: number) => ({ type: 8, timestamp, payload: flv.aac(name) }),
};

/** What a joiner needs, and a first picture. */
export const opening = () => [
  packet.avcConfig(),
  packet.aacConfig(),
  packet.keyframe('k1', 0),
  packet.sound('s1', 10),
  packet.frame('f1', 40),
];

/** The same as a viewer has it. */
export const OPENING_LINES: readonly string[] = [
  'video@0 avc',
  'audio@0 aac',
  'video@0 k1',
  'audio@10 s1',
  'video@40 f1',
];
