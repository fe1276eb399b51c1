import { gatecast } from '../peers.ts';
import { figure, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const WORKERS = [1, 2];
const CASES = [
  { label: '350 ms', vhost: 'play { mw_latency 350; }', streams: 1, players: 1000 },
  { label: 'each turn', vhost: 'min_latency on;', streams: 1, players: 1000 },
  { label: 'each turn', vhost: 'min_latency on;', streams: 10, players: 100 },
] as const;

type Case = (typeof CASES)[number];

/**
 * What the processes of a server cost: bytes delivered per CPU second of all of them together, relays and primary
 * included and the load left out. A core is full at one CPU second a second, so N workers on N cores deliver N times
 * these bytes a second: that over what one process delivers is the gain.
 */
export async function workers({ seconds, runs }: Effort): Promise<Section> {
  const results = CASES.flatMap((one) =>
    WORKERS.map((count) => ({ one, count, rates: [] as number[], lost: 0 })),
  );
  for (let run = 0; run < runs; run++) {
    for (const result of results) {
      const { rate, lost } = await measure(result.one, result.count, seconds);
      result.rates.push(rate);
      result.lost += lost;
    }
  }
  const rows = results.map(({ one, count, rates, lost }) => {
    const alone = results.find((other) => other.one === one && other.count === 1)?.rates ?? [];
    // The best run, not the median: whatever else the machine does only ever adds to the CPU that a run takes.
    const gain = (count * Math.max(...rates)) / Math.max(...alone);
    const players = `${one.streams} × ${one.players}`;
    return [one.label, players, String(count), figure(Math.max(...rates)), figure(gain), String(lost)];
  });
  const head = ['flush', 'streams × players', 'workers', 'MB per CPU s', 'gain', 'lost'];
  const what =
    'Bytes delivered per CPU second of all processes of the server, which share one core here so that the load has the other; the gain is the number of workers times that, over what one process delivers: what so many cores deliver when they are full. The best run counts: disturbance only ever adds to the CPU that a run takes.';
  return {
    title: 'workers: gain of a second process',
    body: `${what}\n\n${table(head, rows)}`,
    images: new Map(),
  };
}

function measure(one: Case, count: number, seconds: number): Promise<{ rate: number; lost: number }> {
  return onStage(gatecast(`${count} workers`, one.vhost, `workers ${count};`), async (stage) => {
    await stage.publish(one.streams);
    const swarms = Array.from({ length: one.streams }, (_, index) =>
      stage.load(
        'load/swarm.ts',
        stage.port,
        one.players,
        500,
        seconds,
        one.streams === 1 ? 's' : `s${index}`,
      ),
    );
    await Promise.all(swarms.map((swarm) => swarm.line()));
    const before = stage.usage();
    const reports = await Promise.all(
      swarms.map(async (swarm) => JSON.parse(await swarm.line()) as { live: number; bytes: number }),
    );
    const used = cpuSeconds(before, stage.usage());
    const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
    const live = reports.reduce((sum, report) => sum + report.live, 0);
    return { rate: bytes / 1e6 / used, lost: one.streams * one.players - live };
  });
}
