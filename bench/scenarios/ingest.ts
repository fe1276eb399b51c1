import { beside, gatecast, nginxRtmp, nodeMediaServer, srs } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage, pause } from '../run.ts';
import type { Section } from '../section.ts';

const PUBLISHERS = 200;
/** Bytes a second that one of the benchmark's publishers sends. */
const STREAM_BYTES = 1.08e6 / 8;

/** CPU that a server spends to take in 200 publishers whom nobody watches. */
export async function ingest({ seconds, runs }: Effort): Promise<Section> {
  const peers = beside([gatecast('', '')], () => [nodeMediaServer(), ...nginxRtmp(), ...srs(true)]);
  const results = peers.map((peer) => ({ peer, cpu: [] as number[], limitedClient: [] as number[] }));
  for (let run = 0; run < runs; run++) {
    for (const { peer, cpu, limitedClient } of results) {
      await onStage(peer, async (stage) => {
        await stage.publish(PUBLISHERS);
        const before = stage.usage();
        const from = performance.now();
        await pause(seconds * 1000);
        const after = stage.usage();
        const gigabytes = (PUBLISHERS * STREAM_BYTES * (performance.now() - from)) / 1000 / 1e9;
        cpu.push(cpuSeconds(before, after) / gigabytes);
        limitedClient.push(after.residentBytes / 1e6);
      });
    }
  }
  const ours = median(results[0]?.cpu ?? []);
  const rows = results.map(({ peer, cpu, limitedClient }) => [
    peer.name,
    ...[median(cpu), ours / median(cpu), median(limitedClient)].map(figure),
  ]);
  const body = table(['server', 'CPU s/GB', 'gatecast ÷ this', 'RSS MB'], rows);
  return { title: `ingest: ${PUBLISHERS} publishers`, body, images: new Map() };
}
