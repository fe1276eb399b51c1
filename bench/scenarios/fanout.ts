import { startScript } from '../measure/children.ts';
import { usageOf } from '../measure/process-usage.ts';
import { type LatencyClass, type Peer, peersOf } from '../peers.ts';

/** One run of one server. */
export interface FanoutRun {
  readonly cpuPerGb: number;
  readonly userPerGb: number;
  readonly residentMb: number;
  readonly maxGapMs: number;
  readonly lost: number;
}

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Feeds `players` players of one stream for `seconds` and measures what the server spends on it. */
export async function fanout(peer: Peer, players: number, seconds: number, port: number): Promise<FanoutRun> {
  const server = await peer.start(SERVER_CORE, port);
  const children = [server];
  try {
    if (!peer.bare) {
      const publisher = startScript(LOAD_CORE, 'load/publishers.ts', [port, 1]);
      children.push(publisher);
      await publisher.line();
      // A keyframe has to be in the cache of servers that have one.
      await new Promise((resolve) => setTimeout(resolve, 2200));
    }
    const swarm = startScript(LOAD_CORE, 'load/swarm.ts', [port, players, 500, seconds]);
    children.push(swarm);
    await swarm.line();
    const before = usageOf(server.pid);
    const report = JSON.parse(await swarm.line()) as { live: number; bytes: number; maxGapMs: number };
    const after = usageOf(server.pid);
    const gigabytes = report.bytes / 1e9;
    const user = after.userSeconds - before.userSeconds;
    const system = after.systemSeconds - before.systemSeconds;
    return {
      cpuPerGb: (user + system) / gigabytes,
      userPerGb: user / gigabytes,
      residentMb: after.residentBytes / 1e6,
      maxGapMs: report.maxGapMs,
      lost: players - report.live,
    };
  } finally {
    for (const child of children.reverse()) await child.stop();
  }
}

/** The servers to run, by class. */
export function contestants(): [LatencyClass, Peer[]][] {
  return [
    ['batched', peersOf('batched')],
    ['low latency', peersOf('low latency')],
  ];
}
