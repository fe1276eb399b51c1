import { beside, gatecast, nginxRtmp, nodeMediaServer, srs } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const CROWD = 500;

/** Delay of a packet from its publisher to its player, on an idle server and on one that feeds 500 others. */
export async function latency({ seconds, runs }: Effort): Promise<Section> {
  const peers = beside([gatecast('mw_latency auto', '')], () => [
    nodeMediaServer(),
    ...nginxRtmp(),
    ...srs(false),
  ]);
  const rows: string[][] = [];
  const results = peers.map((peer) => ({ peer, idle: [] as Delay[], busy: [] as Delay[] }));
  for (let run = 0; run < runs; run++) {
    for (const { peer, idle, busy } of results) {
      await onStage(peer, async (stage) => {
        const marked = async (stream: string) =>
          JSON.parse(await stage.load('load/marked.ts', stage.port, seconds, stream).line()) as Delay;
        idle.push(await marked('idle'));
        await stage.publish();
        const swarm = stage.load('load/swarm.ts', stage.port, CROWD, 500, seconds + 5);
        await swarm.line();
        busy.push(await marked('busy'));
      });
    }
  }
  for (const { peer, idle, busy } of results) {
    const of = (delays: readonly Delay[], key: keyof Delay) =>
      figure(median(delays.map((delay) => delay[key])));
    rows.push([peer.name, of(idle, 'p50'), of(idle, 'p99'), of(busy, 'p50'), of(busy, 'p99')]);
  }
  const head = ['server', 'idle p50 ms', 'p99', `${CROWD} players p50 ms`, 'p99'];
  return { title: 'latency: publisher to player', body: table(head, rows), images: new Map() };
}

interface Delay {
  readonly p50: number;
  readonly p99: number;
}
