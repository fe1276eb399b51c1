import { expect, test } from 'vitest';
import { mergeStats, type ServerStats, type StreamStats } from '../../src/model/stats.ts';

const KEY = { vhost: 'v', app: 'live', stream: 'cam' };
const part = (changes: Partial<StreamStats>): StreamStats => ({
  key: KEY,
  publisher: undefined,
  players: 0,
  recvBytes: 0,
  packets: 0,
  frames: 0,
  sendBytes: 0,
  skips: 0,
  recvKbps: 0,
  sendKbps: 0,
  video: undefined,
  audio: undefined,
  recordings: [],
  ...changes,
});
const stats = (changes: Partial<ServerStats>): ServerStats => ({
  processes: [],
  streams: [],
  clients: [],
  matching: 0,
  frames: undefined,
  ...changes,
});

test('a stream is one, wherever its publisher and its players are', () => {
  const publisher = { clientId: 'a', tcUrl: 'rtmp://h/live', startedAt: 5 };
  const relayed = part({ players: 2, recvBytes: 90, packets: 9, sendBytes: 20, sendKbps: 2, skips: 1 });
  const home = part({ publisher, players: 1, recvBytes: 100, packets: 10, sendBytes: 10, sendKbps: 1 });
  for (const parts of [
    [relayed, home],
    [home, relayed],
  ]) {
    const { streams } = mergeStats(
      parts.map((stream) => stats({ streams: [stream] })),
      {},
    );
    expect(streams).toEqual([
      part({ publisher, players: 3, recvBytes: 100, packets: 10, sendBytes: 30, sendKbps: 3, skips: 1 }),
    ]);
  }
});

test('clients of all processes are one list, in the order in which they came, and cut once', () => {
  const client = (number: number) =>
    ({ client: { number, id: `c${number}`, ip: '' } }) as ServerStats['clients'][number];
  const parts = [
    stats({ clients: [client(1), client(4)], matching: 2 }),
    stats({ clients: [client(2), client(3), client(5)], matching: 3 }),
  ];
  const { clients, matching } = mergeStats(parts, { clients: { start: 1, count: 3 } });
  expect(clients.map((one) => one.client.number)).toEqual([2, 3, 4]);
  expect(matching).toBe(5);
});

test('frames come from the process that has the publisher', () => {
  const frames = { last: 1, marks: [] };
  expect(mergeStats([stats({}), stats({ frames })], {}).frames).toBe(frames);
});
