import { beside, gatecast, nodeMediaServer, type Peer, srs } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const PLAYERS = 1000;
const JOINS_A_SECOND = 5000;
const HOOK_PORT = 21_800;
const HOOKS = ['on_connect', 'on_play', 'on_stop', 'on_close']
  .map((action) => `${action} http://127.0.0.1:${HOOK_PORT}/${action};`)
  .join(' ');
const WITH_HOOKS = `http_hooks { enabled on; ${HOOKS} }`;

/** A thousand players at once, until each has a picture; and one that waits for each answer. */
export async function join({ runs }: Effort): Promise<Section> {
  const without = beside([gatecast('hooks off', '')], () => [nodeMediaServer(), ...srs(true)]);
  const withHooks = beside([gatecast('hooks on', WITH_HOOKS)], () => srs(true, WITH_HOOKS));
  const peers: readonly { peer: Peer; hooks: boolean }[] = [
    ...without.map((peer) => ({ peer, hooks: false })),
    ...withHooks.map((peer) => ({ peer, hooks: true })),
  ];
  const results = peers.map(({ peer }) => ({
    peer,
    all: [] as number[],
    cpu: [] as number[],
    polite: [] as number[],
  }));
  for (let run = 0; run < runs; run++) {
    for (const [index, { peer, hooks }] of peers.entries()) {
      await onStage(peer, async (stage) => {
        const result = results[index];
        if (hooks) await stage.load('load/backend.ts', HOOK_PORT).line();
        await stage.publish();
        const polite = JSON.parse(await stage.load('load/polite.ts', stage.port).line()) as {
          pictureMs: number;
        };
        const before = stage.usage();
        const swarm = stage.load('load/swarm.ts', stage.port, PLAYERS, JOINS_A_SECOND, 1);
        await swarm.line();
        const cpu = cpuSeconds(before, stage.usage());
        const report = JSON.parse(await swarm.line()) as { allFirstMediaMs: number };
        result?.all.push(report.allFirstMediaMs);
        result?.cpu.push(cpu);
        result?.polite.push(polite.pictureMs);
      });
    }
  }
  const rows = results.map(({ peer, all, cpu, polite }) => [
    peer.name,
    ...[median(all), median(cpu), median(polite)].map(figure),
  ]);
  const head = [
    'server',
    'all have a picture, ms',
    'CPU s until 1.5 s later',
    'polite client, ms to picture',
  ];
  return { title: `join: ${PLAYERS} players in 0.2 s`, body: table(head, rows), images: new Map() };
}
