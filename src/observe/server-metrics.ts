import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ProcessFacts, ServerStats, StatsSource, StreamStats } from '../model/stats.ts';

/** Streams that have figures of their own at most; which ones is chance where there are more. */
export const MAX_STREAM_SERIES = 1_000;

/** Of prom-client's own: gauges that are named like counters, and delays that ours have for every worker. */
const LEFT_OUT = /^nodejs_(?:active_\w+_total|eventloop_lag_\w+)$/;

type Kind = 'gauge' | 'counter';

/** One figure of each process: kind, name, what it is, and where it stands. */
const OF_PROCESS: readonly (readonly [Kind, string, string, (facts: ProcessFacts) => number])[] = [
  ['gauge', 'gatecast_connections', 'Connections of clients.', ({ connections }) => connections],
  ['counter', 'gatecast_clients_total', 'Clients that have come.', ({ totals }) => totals.clients],
  [
    'counter',
    'gatecast_connections_turned_away_total',
    'Connections over max_connections, closed at once.',
    ({ totals }) => totals.turnedAway,
  ],
  ['counter', 'gatecast_received_bytes_total', 'Bytes from clients.', ({ totals }) => totals.recvBytes],
  ['counter', 'gatecast_sent_bytes_total', 'Bytes to clients.', ({ totals }) => totals.sendBytes],
  [
    'counter',
    'gatecast_player_skips_total',
    'How often a player was too slow and was taken to a later keyframe.',
    ({ totals }) => totals.skips,
  ],
  [
    'gauge',
    'gatecast_event_loop_delay_p50_seconds',
    'How late half of all timers were, over the last seconds.',
    ({ loopDelayMs }) => loopDelayMs.p50 / 1000,
  ],
  [
    'gauge',
    'gatecast_event_loop_delay_p99_seconds',
    'How late one timer of a hundred was, over the last seconds.',
    ({ loopDelayMs }) => loopDelayMs.p99 / 1000,
  ],
  [
    'gauge',
    'gatecast_event_loop_delay_max_seconds',
    'How late the latest timer was, over the last seconds.',
    ({ loopDelayMs }) => loopDelayMs.max / 1000,
  ],
  [
    'gauge',
    'gatecast_worker_cpu_ratio',
    'Part of one core that it takes.',
    ({ cpuPercent }) => cpuPercent / 100,
  ],
  ['gauge', 'gatecast_worker_resident_memory_bytes', 'Memory that it has.', ({ rssBytes }) => rssBytes],
  [
    'gauge',
    'gatecast_worker_heap_used_bytes',
    'Memory of its JavaScript heap.',
    ({ heapUsedBytes }) => heapUsedBytes,
  ],
];

/** One figure of each stream. */
const OF_STREAM: readonly (readonly [Kind, string, string, (stream: StreamStats) => number])[] = [
  ['gauge', 'gatecast_stream_players', 'Players of the stream.', ({ players }) => players],
  [
    'gauge',
    'gatecast_stream_publishing',
    '1 while somebody publishes it.',
    ({ publisher }) => (publisher ? 1 : 0),
  ],
  [
    'counter',
    'gatecast_stream_received_bytes_total',
    'Media of the present publish.',
    ({ recvBytes }) => recvBytes,
  ],
  ['counter', 'gatecast_stream_sent_bytes_total', 'Media to its players.', ({ sendBytes }) => sendBytes],
  [
    'gauge',
    'gatecast_stream_video_frames_per_second',
    'Of the last complete GOP.',
    ({ video }) => video?.fps ?? 0,
  ],
  [
    'gauge',
    'gatecast_stream_gop_seconds',
    'From one keyframe to the next.',
    ({ video }) => (video?.gopMs ?? 0) / 1000,
  ],
  ['counter', 'gatecast_stream_skips_total', 'Skips of its players.', ({ skips }) => skips],
];

/** The server in numbers for Prometheus: looked up when somebody reads them. Labels are processes, events and kinds. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #stats: StatsSource;
  readonly #fill: ((stats: ServerStats) => void)[] = [];

  /** `perStream` adds figures for each stream, with its name as a label. */
  constructor(stats: StatsSource, about: { readonly version: string; readonly perStream: boolean }) {
    this.#stats = stats;
    collectDefaultMetrics({ register: this.#registry });
    for (const { name } of this.#registry.getMetricsAsArray())
      if (LEFT_OUT.test(name)) this.#registry.removeSingleMetric(name);
    this.#aboutServer(about.version);
    this.#aboutClients();
    for (const [kind, name, help, read] of OF_PROCESS) {
      const metric = this.#metric(kind, name, help, ['worker']);
      this.#fill.push(({ processes }) => {
        metric.reset();
        for (const facts of processes) metric.inc({ worker: facts.worker }, read(facts));
      });
    }
    if (about.perStream) this.#aboutStreams();
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    const stats = await this.#stats.collectStats({});
    for (const fill of this.#fill) fill(stats);
    return this.#registry.metrics();
  }

  #metric(kind: Kind, name: string, help: string, labelNames: string[]): Gauge | Counter {
    const options = { name, help, labelNames, registers: [this.#registry] };
    return kind === 'gauge' ? new Gauge(options) : new Counter(options);
  }

  #aboutServer(version: string): void {
    const build = this.#metric('gauge', 'gatecast_build_info', 'Always 1; the labels say what runs.', [
      'version',
      'node_version',
    ]);
    build.inc({ version, node_version: process.version });
    const streams = this.#metric(
      'gauge',
      'gatecast_streams',
      'Streams, by whether somebody publishes them.',
      ['state'],
    );
    this.#fill.push((stats) => {
      streams.reset();
      const live = stats.streams.filter(({ publisher }) => publisher).length;
      streams.inc({ state: 'live' }, live);
      streams.inc({ state: 'waiting' }, stats.streams.length - live);
    });
  }

  #aboutClients(): void {
    const clients = this.#metric('gauge', 'gatecast_clients', 'Clients, by what they speak and do.', [
      'worker',
      'protocol',
      'role',
    ]);
    const refusals = this.#metric(
      'counter',
      'gatecast_refusals_total',
      'Clients that were refused, by the event.',
      ['worker', 'event'],
    );
    this.#fill.push(({ processes }) => {
      clients.reset();
      refusals.reset();
      for (const { worker, kinds, totals } of processes) {
        for (const { protocol, role, count } of kinds) clients.inc({ worker, protocol, role }, count);
        for (const [event, count] of Object.entries(totals.refusals)) refusals.inc({ worker, event }, count);
      }
    });
  }

  #aboutStreams(): void {
    for (const [kind, name, help, read] of OF_STREAM) {
      const metric = this.#metric(kind, name, help, ['vhost', 'app', 'stream']);
      this.#fill.push(({ streams }) => {
        metric.reset();
        for (const stream of streams.slice(0, MAX_STREAM_SERIES)) metric.inc({ ...stream.key }, read(stream));
      });
    }
  }
}
