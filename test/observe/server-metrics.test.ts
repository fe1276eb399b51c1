import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { ProcessFacts, ServerStats, StreamStats } from '../../src/model/stats.ts';
import { HookMetrics } from '../../src/observe/metrics.ts';
import { MAX_STREAM_SERIES, ServerMetrics } from '../../src/observe/server-metrics.ts';
import { delivery } from '../support/deliveries.ts';
import { metricValue, readPrometheus } from '../support/prometheus-text.ts';

const process = (worker: number, changes: Partial<ProcessFacts> = {}): ProcessFacts => ({
  worker,
  pid: 100 + worker,
  connections: 3,
  kinds: [
    { protocol: 'rtmp', role: 'publish', count: 1 },
    { protocol: 'hls', role: 'play', count: 2 },
  ],
  cpuPercent: 25,
  rssBytes: 1000,
  heapUsedBytes: 500,
  loopDelayMs: { p50: 1, p99: 20, max: 30 },
  totals: { clients: 10, turnedAway: 1, recvBytes: 5, sendBytes: 6, skips: 7, refusals: { on_play: 2 } },
  ...changes,
});

const stream = (name: string): StreamStats => ({
  key: { vhost: 'v', app: 'live', stream: name },
  publisher: { clientId: 'a', tcUrl: '', startedAt: 0 },
  players: 2,
  recvBytes: 8,
  packets: 9,
  frames: 4,
  sendBytes: 16,
  skips: 1,
  recvKbps: 0,
  sendKbps: 0,
  video: { codec: 'H264', profile: '', level: '', width: 0, height: 0, fps: 25, gopMs: 2000 },
  audio: undefined,
  recordings: [],
});

function metricsOf(stats: Partial<ServerStats>, perStream = false) {
  const whole: ServerStats = {
    processes: [],
    streams: [],
    clients: [],
    matching: 0,
    frames: undefined,
    ...stats,
  };
  const statsSource = { collectStats: () => Promise.resolve(whole), kick: () => Promise.resolve(0) };
  return new ServerMetrics(statsSource, { version: '1.2.3', perStream });
}

const read = async (metrics: ServerMetrics) => readPrometheus(await metrics.text());

test('each process has its own figures, in base units', async () => {
  const families = await read(metricsOf({ processes: [process(1), process(2, { connections: 5 })] }));
  const value = (name: string, labels = {}) => metricValue(families, name, { worker: '1', ...labels });
  expect(value('gatecast_connections')).toBe(3);
  expect(metricValue(families, 'gatecast_connections', { worker: '2' })).toBe(5);
  expect(value('gatecast_clients', { protocol: 'hls', role: 'play' })).toBe(2);
  expect(value('gatecast_clients_total')).toBe(10);
  expect(value('gatecast_connections_turned_away_total')).toBe(1);
  expect(value('gatecast_received_bytes_total')).toBe(5);
  expect(value('gatecast_sent_bytes_total')).toBe(6);
  expect(value('gatecast_player_skips_total')).toBe(7);
  expect(value('gatecast_refusals_total', { event: 'on_play' })).toBe(2);
  expect(value('gatecast_event_loop_delay_p99_seconds')).toBe(0.02);
  expect(value('gatecast_worker_cpu_ratio')).toBe(0.25);
});

test('what is read again is what is there now, and what has gone is gone', async () => {
  const stats = { processes: [process(1), process(2)], streams: [stream('cam')] };
  const metrics = metricsOf(stats);
  await metrics.text();
  const second = await read(metrics);
  expect(metricValue(second, 'gatecast_clients_total', { worker: '1' })).toBe(10);
  expect(metricValue(second, 'gatecast_streams', { state: 'live' })).toBe(1);
});

test('streams have figures of their own only if they are wanted, and no more than the bound', async () => {
  const streams = Array.from({ length: MAX_STREAM_SERIES + 5 }, (_, index) => stream(`cam${index}"\n\\`));
  const few = await read(metricsOf({ streams }));
  expect(few.filter(({ name }) => name.startsWith('gatecast_stream_'))).toEqual([]);
  const many = await read(metricsOf({ streams }, true));
  const players = many.find(({ name }) => name === 'gatecast_stream_players');
  expect(players?.samples).toHaveLength(MAX_STREAM_SERIES);
  expect(players?.samples[0]).toMatchObject({
    labels: { vhost: 'v', app: 'live', stream: 'cam0"\n\\' },
    value: 2,
  });
});

/** All that a server says at /metrics. */
async function everything() {
  const hooks = new HookMetrics(() => ({ events: 1, oldestMs: 2, dropped: 3, givenUp: 4, onDisk: true }));
  hooks.delivered(delivery());
  hooks.breaker('http://127.0.0.1:8085', 'open');
  hooks.cached('on_play');
  const server = metricsOf({ processes: [process(1)], streams: [stream('cam')] }, true);
  return readPrometheus((await server.text()) + (await hooks.text()));
}

test('the whole page is in order', async () => {
  const names = (await everything()).map(({ name }) => name);
  expect(names).toContain('process_resident_memory_bytes');
  expect(names).toContain('gatecast_hook_duration_seconds');
});

test('the labels are few: processes, events, kinds and configured origins', async () => {
  const own = (await everything()).filter(({ name }) => name.startsWith('gatecast_'));
  const labels = own
    .filter(({ name }) => !name.startsWith('gatecast_stream_'))
    .flatMap(({ samples }) => samples.flatMap((sample) => Object.keys(sample.labels)));
  expect([...new Set(labels)].sort()).toEqual(
    [
      'event',
      'le',
      'node_version',
      'origin',
      'outcome',
      'protocol',
      'role',
      'state',
      'version',
      'worker',
    ].sort(),
  );
});

test('docs/metrics.md and docs/grafana.json speak of metrics that are there, and of all of ours', async () => {
  const known = await everything();
  const names = known.flatMap(({ name, type }) =>
    type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  const docs = resolve(import.meta.dirname, '../../docs');
  const dashboard = JSON.parse(readFileSync(resolve(docs, 'grafana.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(10);
  for (const expression of expressions) {
    const used = expression.match(/\b(?:gatecast|nodejs|process)_\w+/g) ?? [];
    expect(used.length, expression).toBeGreaterThan(0);
    for (const name of used) expect(names, expression).toContain(name);
  }
  const page = readFileSync(resolve(docs, 'metrics.md'), 'utf8');
  const listed = [...page.matchAll(/`(gatecast_\w+)`/g)].map(([, name = '']) => name);
  for (const name of listed) expect(names).toContain(name);
  const ours = known.map(({ name }) => name).filter((name) => name.startsWith('gatecast_'));
  for (const name of ours) expect(listed).toContain(name);
});
