import { expect, test } from 'vitest';
import type { TopFacts, TopStream } from '../../../src/cli/top/api-client.ts';
import { renderTop } from '../../../src/cli/top/render.ts';

const stream = (over: Partial<TopStream>): TopStream => ({
  url: 'live/cam',
  vhost: '__defaultVhost__',
  publishing: true,
  startedAt: 0,
  players: 0,
  recvKbps: 2450.4,
  sendKbps: 0,
  skips: 0,
  video: { codec: 'H264', width: 1280, height: 720, fps: 29.97 },
  audio: { codec: 'AAC' },
  ...over,
});
const FACTS: TopFacts = {
  at: 7_985_000,
  server: {
    version: '1.2.3',
    uptimeMs: 252_000,
    load: [1.5, 1, 0.25],
    workers: [
      { connections: 3, cpuPercent: 20.2, rssBytes: 90e6, loopDelayMs: { p99: 1.2 } },
      { connections: 4, cpuPercent: 10, rssBytes: 100e6, loopDelayMs: { p99: 3.4 } },
    ],
  },
  streams: [],
  hooks: {
    urls: [
      { breaker: 'open', reachable: true, outcomes: { allowed: 7, refused: 2, failed: 1, skipped: 0 } },
      { breaker: 'closed', reachable: false, outcomes: { allowed: 0, refused: 0, failed: 0, skipped: 0 } },
      { breaker: 'half_open', reachable: true, outcomes: { allowed: 0, refused: 0, failed: 0, skipped: 0 } },
    ],
    outbox: { events: 5 },
  },
};
const plain = (_color: unknown, text: string) => text;

test('the picture of a server is its load, its hooks and a row for each stream, the most watched first', () => {
  const streams = [
    stream({}),
    stream({ url: 'live/radio', vhost: 'b.example.com', video: null, players: 12, sendKbps: 1500 }),
    stream({
      url: 'live/waited-for',
      publishing: false,
      startedAt: null,
      video: null,
      audio: null,
      recvKbps: 0,
    }),
  ];
  expect(renderTop({ ...FACTS, streams }, plain)).toEqual([
    'Gatecast 1.2.3, up 4:12, load 1.50 1.00 0.25, 7 connections, cpu 30 %, memory 190 MB, loop delay 3.4 ms, 2 workers',
    '3 streams, 12 viewers, 4.9 Mbit/s in, 1.5 Mbit/s out',
    'hooks: 7 yes, 2 refused, 1 failed, 0 not sent, 5 in the outbox, URLs down: 2',
    '',
    'STREAM                    VIDEO          FPS  AUDIO  IN kbit/s  OUT kbit/s  VIEWERS  SKIPS   ON AIR',
    'b.example.com/live/radio  -                -  AAC         2450        1500       12      0  2:13:05',
    'live/cam                  H264 1280x720   30  AAC         2450           0        0      0  2:13:05',
    'live/waited-for           -                -  -              0           0        0      0        -',
  ]);
});

test('a stream’s name cannot steer the terminal', () => {
  const lines = renderTop({ ...FACTS, streams: [stream({ url: 'live/\x1b[2Jx' })] }, plain);
  expect(lines.join('')).not.toContain('\x1b');
});

test('without streams it says so', () => {
  expect(renderTop(FACTS, plain).at(-1)).toBe('Nothing is on air.');
});
