import { type LatencyClass, otherPort, type Peer, peersOf } from '../peers.ts';
import { plot } from '../report/plot.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const PLAYERS = [100, 500, 1000, 2000];

interface Run {
  readonly cpuPerGb: number;
  readonly residentMb: number;
  readonly maxGapMs: number;
  readonly lost: number;
}

/** CPU that a server spends to feed N players of one stream, in both latency classes. */
export async function fanout(effort: Effort): Promise<Section> {
  const parts: string[] = [];
  const images = new Map<string, string>();
  for (const latency of ['batched', 'low latency'] as const) {
    const medians = await runClass(latency, effort);
    const rows = medians.map(({ peer, players, run }) => {
      const ours = medians.find((other) => other.players === players)?.run.cpuPerGb ?? Number.NaN;
      const cells = [run.cpuPerGb, ours / run.cpuPerGb, run.residentMb, run.maxGapMs].map(figure);
      return [peer.name, String(players), ...cells, String(run.lost)];
    });
    parts.push(
      `### ${latency === 'batched' ? 'Batched, 350 ms' : 'Low latency'}`,
      table(['server', 'players', 'CPU s/GB', 'first row ÷ this', 'RSS MB', 'max gap ms', 'lost'], rows),
    );
    const image = `fanout-${latency.replace(' ', '-')}.svg`;
    const names = [...new Set(medians.map(({ peer }) => peer.name))];
    const series = names.map((name) => ({
      name,
      points: medians
        .filter(({ peer }) => peer.name === name)
        .map(({ players, run }) => [players, run.cpuPerGb] as const),
    }));
    images.set(image, plot(`Fan-out, ${latency}`, 'players', 'CPU s/GB', series));
    parts.push(`![Fan-out, ${latency}](bench/${image})`);
  }
  return { title: 'fanout: CPU per GB delivered', body: parts.join('\n\n'), images };
}

async function runClass(latency: LatencyClass, { seconds, runs }: Effort) {
  const peers = peersOf(latency);
  const all: { peer: Peer; players: number; run: Run }[] = [];
  for (const players of PLAYERS) {
    for (let run = 0; run < runs; run++) {
      // Servers take turns, so that a slow minute of the machine hits them all.
      for (const peer of peers) all.push({ peer, players, run: await measure(peer, players, seconds) });
    }
  }
  return PLAYERS.flatMap((players) =>
    peers.map((peer) => {
      const mine = all.filter((one) => one.peer === peer && one.players === players).map((one) => one.run);
      const of = (key: keyof Run) => median(mine.map((run) => run[key]));
      const run: Run = {
        cpuPerGb: of('cpuPerGb'),
        residentMb: of('residentMb'),
        maxGapMs: of('maxGapMs'),
        lost: of('lost'),
      };
      return { peer, players, run };
    }),
  );
}

function measure(peer: Peer, players: number, seconds: number): Promise<Run> {
  return onStage(peer, async (stage) => {
    if (!peer.bare) await stage.publish();
    const { way = 'rtmp' } = peer;
    const port = way === 'rtmp' ? stage.port : otherPort(stage.port);
    const swarm = stage.load('load/swarm.ts', port, players, 500, seconds, 's', way);
    await swarm.line();
    const before = stage.usage();
    const report = JSON.parse(await swarm.line()) as { live: number; bytes: number; maxGapMs: number };
    const after = stage.usage();
    return {
      cpuPerGb: cpuSeconds(before, after) / (report.bytes / 1e9),
      residentMb: after.residentBytes / 1e6,
      maxGapMs: report.maxGapMs,
      lost: players - report.live,
    };
  });
}
