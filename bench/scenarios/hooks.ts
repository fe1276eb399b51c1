import { gatecast, srs } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const PLAYERS = 1000;
const BACKEND_PORT = 21_801;

/** Two URLs for each of the two questions that a player meets. */
const HOOKS = ['on_connect', 'on_play']
  .map(
    (action) =>
      `${action} ${[1, 2].map((n) => `http://127.0.0.1:${BACKEND_PORT}/${action}/${n}`).join(' ')};`,
  )
  .join(' ');
const VHOST = `http_hooks { enabled on; ${HOOKS} }`;

interface Counts {
  readonly requests: number;
  readonly bytes: number;
  readonly connections: number;
}

/** How fast players are let in when a backend is asked four times about each, and what that costs the backend. */
export async function hooks({ runs }: Effort): Promise<Section> {
  const peers = [gatecast('', VHOST), ...srs(true, VHOST)];
  const results = peers.map((peer) => ({
    peer,
    rate: [] as number[],
    cpu: [] as number[],
    counts: [] as Counts[],
  }));
  for (let run = 0; run < runs; run++) {
    for (const { peer, rate, cpu, counts } of results) {
      await onStage(peer, async (stage) => {
        await stage.load('load/backend.ts', BACKEND_PORT).line();
        await stage.publish();
        const before = stage.usage();
        const swarm = stage.load('load/swarm.ts', stage.port, PLAYERS, 1e6, 0);
        await swarm.line();
        const report = JSON.parse(await swarm.line()) as { allFirstMediaMs: number };
        cpu.push(cpuSeconds(before, stage.usage()));
        rate.push((PLAYERS / report.allFirstMediaMs) * 1000);
        const answer = await fetch(`http://127.0.0.1:${BACKEND_PORT}/`);
        counts.push((await answer.json()) as Counts);
      });
    }
  }
  const rows = results.map(({ peer, rate, cpu, counts }) => {
    const of = (key: keyof Counts) => median(counts.map((count) => count[key]));
    const bytes = of('bytes') / of('requests');
    return [
      peer.name,
      figure(median(rate)),
      figure(median(cpu)),
      String(of('requests')),
      String(of('connections')),
      figure(bytes),
    ];
  });
  const head = [
    'server',
    'players let in a second',
    'CPU s until 1.5 s later',
    'requests',
    'TCP connections',
    'bytes a request',
  ];
  const body = table(head, rows);
  return { title: `hooks: ${PLAYERS} players at once, four questions each`, body, images: new Map() };
}
