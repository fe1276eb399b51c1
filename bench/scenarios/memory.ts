import { gatecast } from '../peers.ts';
import { figure, table } from '../report/table.ts';
import { type Effort, onStage, pause, type Stage } from '../run.ts';
import type { Section } from '../section.ts';

const WAITING_PLAYERS = 1000;
const STREAMS = 200;
const FIRST_CYCLES = 1000;
const CYCLES = 50_000;

/** What a player and a stream cost, and whether anything stays behind when fifty thousand have come and gone. */
export async function memory(_effort: Effort): Promise<Section> {
  const rows = [await perPlayer(), await perStream(), ...(await afterCycles())];
  return { title: 'memory', body: table(['what', 'MB or kB'], rows), images: new Map() };
}

function perPlayer(): Promise<string[]> {
  return onStage(gatecast('', ''), async (stage) => {
    const before = await settled(stage);
    // They play a stream that nobody publishes; the swarm gives up waiting for pictures after 30 s.
    stage.load('load/swarm.ts', stage.port, WAITING_PLAYERS, 500, 1);
    await pause(5000);
    const grown = (await settled(stage)) - before;
    return [`a waiting player (${WAITING_PLAYERS} of them), kB`, figure((grown * 1000) / WAITING_PLAYERS)];
  });
}

function perStream(): Promise<string[]> {
  return onStage(gatecast('', ''), async (stage) => {
    const before = await settled(stage);
    await stage.publish(STREAMS);
    const grown = (await settled(stage)) - before;
    return [`a stream of 1 Mb/s with its GOP (${STREAMS} of them), kB`, figure((grown * 1000) / STREAMS)];
  });
}

function afterCycles(): Promise<string[][]> {
  return onStage(gatecast('', ''), async (stage) => {
    await stage.publish();
    await stage.load('load/cycles.ts', stage.port, FIRST_CYCLES).line();
    const early = await settled(stage);
    await stage.load('load/cycles.ts', stage.port, CYCLES - FIRST_CYCLES).line();
    const late = await settled(stage);
    return [
      [`RSS after ${FIRST_CYCLES} players have come and gone, MB`, figure(early)],
      [`after ${CYCLES}, MB`, figure(late)],
      ['ratio', figure(late / early)],
    ];
  });
}

/** LimitedClient megabytes, three seconds later. */
async function settled(stage: Stage): Promise<number> {
  await pause(3000);
  return stage.usage().residentBytes / 1e6;
}
