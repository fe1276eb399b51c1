import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatecast } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage, pause } from '../run.ts';
import type { Section } from '../section.ts';

const PUBLISHERS = 50;
/** Megabits a second that one of the benchmark's publishers sends. */
const STREAM_MBITS = 1.08;

const KINDS: readonly (readonly [label: string, endings: readonly string[]])[] = [
  ['no recording', []],
  ['FLV', ['flv']],
  ['MP4', ['mp4']],
  ['FLV and MP4', ['flv', 'mp4']],
];

/** What recording costs the server, and the players of a stream that is recorded beside 50 others. */
export async function record({ seconds, runs }: Effort): Promise<Section> {
  const results = KINDS.map(([label, endings]) => ({
    label,
    endings,
    cores: [] as number[],
    delay: [] as number[],
    gap: [] as number[],
  }));
  for (let run = 0; run < runs; run++) {
    for (const { label, endings, cores, delay, gap } of results) {
      const directory = mkdtempSync(join(tmpdir(), 'bench-record-'));
      const paths = endings.map((ending) => `${directory}/[stream].${ending}`).join(' ');
      const dvr = endings.length === 0 ? '' : `dvr { enabled on; dvr_path ${paths}; }`;
      await onStage(gatecast(label, dvr), async (stage) => {
        await stage.publish(PUBLISHERS);
        const before = stage.usage();
        const from = performance.now();
        await pause(seconds * 1000);
        cores.push(cpuSeconds(before, stage.usage()) / ((performance.now() - from) / 1000));
        const marked = JSON.parse(
          await stage.load('load/marked.ts', stage.port, seconds, 'm').line(),
        ) as Marked;
        delay.push(marked.p99);
        gap.push(marked.gap);
      });
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const idle = median(results[0]?.cores ?? []);
  const rows = results.map(({ label, cores, delay, gap }) => {
    const cost = (100 * (median(cores) - idle)) / (PUBLISHERS * STREAM_MBITS);
    return [label, figure(100 * median(cores)), figure(cost), figure(median(delay)), figure(median(gap))];
  });
  const head = [
    'recorded as',
    '% of a core',
    '% more per Mb/s',
    'delay p99 ms',
    'largest gap at a player ms',
  ];
  const mbits = Math.round(PUBLISHERS * STREAM_MBITS);
  const title = `record: ${PUBLISHERS} publishers, ${mbits} Mb/s`;
  return { title, body: table(head, rows), images: new Map() };
}

interface Marked {
  readonly p99: number;
  readonly gap: number;
}
