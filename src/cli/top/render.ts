import { type Paint, printable } from '../hooks/delivery-text.ts';
import type { TopFacts, TopHooks, TopServer, TopStream } from './api-client.ts';

/** Columns of the table: the title, what stands below it, and which side it leans to. */
const COLUMNS: readonly (readonly [
  title: string,
  cell: (stream: TopStream, at: number) => string,
  side: 'left' | 'right',
])[] = [
  ['STREAM', ({ vhost, url }) => printable(vhost === '__defaultVhost__' ? url : `${vhost}/${url}`), 'left'],
  ['VIDEO', ({ video }) => (video ? `${video.codec} ${video.width}x${video.height}` : '-'), 'left'],
  ['FPS', ({ video }) => (video && video.fps > 0 ? String(Math.round(video.fps)) : '-'), 'right'],
  ['AUDIO', ({ audio }) => audio?.codec ?? '-', 'left'],
  ['IN kbit/s', ({ recvKbps }) => String(Math.round(recvKbps)), 'right'],
  ['OUT kbit/s', ({ sendKbps }) => String(Math.round(sendKbps)), 'right'],
  ['VIEWERS', ({ players }) => String(players), 'right'],
  ['SKIPS', ({ skips }) => String(skips), 'right'],
  [
    'ON AIR',
    ({ publishing, startedAt }, at) => (publishing && startedAt !== null ? clock(at - startedAt) : '-'),
    'right',
  ],
];

/** The server and its streams as lines of text, those with the most viewers first. */
export function renderTop({ at, server, streams, hooks }: TopFacts, paint: Paint): string[] {
  const sorted = streams.toSorted((a, b) => b.players - a.players || b.recvKbps - a.recvKbps);
  const rows = sorted.map((stream) => COLUMNS.map(([, cell]) => cell(stream, at)));
  const widths = COLUMNS.map(([title], index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) =>
        COLUMNS[index]?.[2] === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    serverLine(server, paint),
    streamsLine(streams),
    hooksLine(hooks, paint),
    '',
    paint('dim', line(COLUMNS.map(([title]) => title))),
    ...(rows.length === 0 ? ['Nothing is on air.'] : rows.map(line)),
  ];
}

function serverLine({ version, uptimeMs, load, workers }: TopServer, paint: Paint): string {
  const sum = (value: (worker: TopServer['workers'][number]) => number) =>
    workers.reduce((total, worker) => total + value(worker), 0);
  const delay = Math.max(0, ...workers.map(({ loopDelayMs }) => loopDelayMs.p99));
  return [
    paint('bold', `Gatecast ${version}`),
    `up ${clock(uptimeMs)}`,
    `load ${load.map((one) => one.toFixed(2)).join(' ')}`,
    `${sum(({ connections }) => connections)} connections`,
    `cpu ${Math.round(sum(({ cpuPercent }) => cpuPercent))} %`,
    `memory ${Math.round(sum(({ rssBytes }) => rssBytes) / 1e6)} MB`,
    `loop delay ${delay.toFixed(1)} ms`,
    ...(workers.length > 1 ? [`${workers.length} workers`] : []),
  ].join(', ');
}

function streamsLine(streams: readonly TopStream[]): string {
  const sum = (value: (stream: TopStream) => number) => streams.reduce((total, one) => total + value(one), 0);
  const mbps = (kbps: number) => `${(kbps / 1000).toFixed(1)} Mbit/s`;
  return [
    `${streams.length} streams`,
    `${sum(({ players }) => players)} viewers`,
    `${mbps(sum(({ recvKbps }) => recvKbps))} in`,
    `${mbps(sum(({ sendKbps }) => sendKbps))} out`,
  ].join(', ');
}

function hooksLine({ urls, outbox }: TopHooks, paint: Paint): string {
  const sum = (outcome: keyof TopHooks['urls'][number]['outcomes']) =>
    urls.reduce((total, { outcomes }) => total + outcomes[outcome], 0);
  const down = urls.filter(({ breaker, reachable }) => breaker === 'open' || !reachable).length;
  const failed = sum('failed');
  return [
    `hooks: ${sum('allowed')} yes`,
    `${sum('refused')} refused`,
    failed === 0 ? '0 failed' : paint('red', `${failed} failed`),
    `${sum('skipped')} not sent`,
    `${outbox.events} in the outbox`,
    ...(down === 0 ? [] : [paint('red', `URLs down: ${down}`)]),
  ].join(', ');
}

/** `4:12`, `2:13:05`. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest.replace(/^0/, '') : `${hours}:${rest}`;
}
