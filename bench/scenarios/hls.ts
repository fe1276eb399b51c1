import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScript } from '../measure/children.ts';
import { usageOf } from '../measure/process-usage.ts';
import { gatecast, otherPort } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage, pause, SERVER_CORE } from '../run.ts';
import type { Section } from '../section.ts';

const VIEWERS = 500;
/** Until the playlist has some segments. */
const WARM_MS = 9_000;

interface Result {
  readonly cpu: number;
  readonly megabytes: number;
  readonly errors: number;
}

/** Viewers of HLS, and as many clients of the same files at a server that does nothing but serve files. */
export async function hls({ runs, seconds }: Effort): Promise<Section> {
  const rows = new Map<string, Result[]>();
  const note = (name: string, result: Result) => rows.set(name, [...(rows.get(name) ?? []), result]);
  for (let run = 0; run < runs; run++) {
    for (const storage of ['memory', 'disk']) {
      const directory = mkdtempSync(join(tmpdir(), 'bench-hls-'));
      const vhost = `hls { enabled on; hls_fragment 2; hls_window 20; hls_storage ${storage}; hls_path ${directory}; }`;
      const peer = {
        name: storage,
        start: (core: number, port: number) =>
          gatecast('', vhost, `http_server { enabled on; listen ${otherPort(port)}; }`).start(core, port),
      };
      await onStage(peer, async (stage) => {
        await stage.publish();
        await pause(WARM_MS);
        const idle = await spent(stage.server.pid, () => pause(seconds * 1000));
        const watch = async (origin: string, path: string, pid: number) => {
          const load = stage.load('load/hls-viewers.ts', origin, path, VIEWERS, seconds);
          await load.line();
          let sums = { bytes: 0, errors: 0 };
          const cpu = await spent(pid, async () => {
            sums = JSON.parse(await load.line()) as typeof sums;
          });
          return { cpu, megabytes: sums.bytes / 1e6, errors: sums.errors };
        };
        const ours = await watch(
          `http://127.0.0.1:${otherPort(stage.port)}`,
          '/live/s.m3u8',
          stage.server.pid,
        );
        // What cutting costs is paid once, however many watch.
        note(`gatecast, hls_storage ${storage}`, { ...ours, cpu: ours.cpu - idle });
        if (storage !== 'disk') return;
        const files = startScript(SERVER_CORE, 'load/static-files.ts', [stage.port + 20_000, directory]);
        try {
          await files.line();
          note(
            '@fastify/static',
            await watch(`http://127.0.0.1:${stage.port + 20_000}`, '/live/s.m3u8', files.pid),
          );
        } finally {
          await files.stop();
        }
      });
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const cells = [...rows].map(([name, results]) => [
    name,
    ...(['cpu', 'megabytes', 'errors'] as const).map((key) => figure(median(results.map((one) => one[key])))),
  ]);
  const head = ['server', `CPU s of ${seconds}`, 'MB', 'errors'];
  return { title: `hls: ${VIEWERS} viewers of one stream`, body: table(head, cells), images: new Map() };
}

async function spent(pid: number, act: () => Promise<void>): Promise<number> {
  const before = usageOf(pid);
  await act();
  return cpuSeconds(before, usageOf(pid));
}
