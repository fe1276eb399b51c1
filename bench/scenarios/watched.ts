import { gatecast } from '../peers.ts';
import { figure, median, table } from '../report/table.ts';
import { cpuSeconds, type Effort, onStage } from '../run.ts';
import type { Section } from '../section.ts';

const BACKEND_PORT = 21_802;
const API_PORT = 21_803;
/** Clients that come and go in a second, and URLs that each of their two events goes to. */
const VISITORS = 250;
const URLS = 4;
const JOURNAL = 1000;

const list = (action: string) =>
  `${action} ${Array.from({ length: URLS }, (_, n) => `http://127.0.0.1:${BACKEND_PORT}/${n}`).join(' ')};`;
const VHOST = `http_hooks { enabled on; ${list('on_connect')} ${list('on_close')} }`;
const OUTSIDE = `hook_journal ${JOURNAL}; http_api { enabled on; listen 127.0.0.1:${API_PORT}; }`;

const LOOKERS = [0, 1, 4] as const;

interface Run {
  readonly deliveries: number;
  readonly shown: number;
  readonly core: number;
  readonly delay: number;
  readonly gap: number;
  readonly journal: number;
}

/** What it costs the server, and a player, that somebody looks at 2,000 deliveries a second. */
export async function watched({ seconds, runs }: Effort): Promise<Section> {
  const all = LOOKERS.map((lookers) => ({ lookers, taken: [] as Run[] }));
  for (let run = 0; run < runs; run++) {
    for (const { lookers, taken } of all) taken.push(await measure(lookers, seconds));
  }
  const rows = all.map(({ lookers, taken }) => {
    const of = (key: keyof Run) => figure(median(taken.map((run) => run[key])));
    const who = lookers === 0 ? 'nobody' : `${lookers}`;
    return [who, of('deliveries'), of('shown'), of('core'), of('delay'), of('gap'), of('journal')];
  });
  const head = ['who look', 'deliveries a second', 'shown to each', '% of a core', 'delay p99 ms'];
  const body = table([...head, 'largest gap at a player ms', 'in the journal'], rows);
  return { title: 'watched: the console under 2,000 deliveries a second', body, images: new Map() };
}

function measure(lookers: number, seconds: number): Promise<Run> {
  return onStage(gatecast('', VHOST, OUTSIDE), async (stage) => {
    const backend = stage.load('load/backend.ts', BACKEND_PORT);
    await backend.line();
    const followers = Array.from({ length: lookers }, () =>
      stage.load('load/follower.ts', API_PORT, seconds + 1),
    );
    await Promise.all(followers.map((follower) => follower.line()));
    const before = stage.usage();
    const from = performance.now();
    const visitors = stage.load('load/visitors.ts', stage.port, VISITORS, seconds);
    const marked = JSON.parse(await stage.load('load/marked.ts', stage.port, seconds, 'm').line()) as {
      p99: number;
      gap: number;
    };
    await visitors.line();
    const elapsed = (performance.now() - from) / 1000;
    const core = (100 * cpuSeconds(before, stage.usage())) / elapsed;
    const counted = (await (await fetch(`http://127.0.0.1:${BACKEND_PORT}/`)).json()) as { requests: number };
    const shown = await Promise.all(
      followers.map(
        async (follower) => (JSON.parse(await follower.line()) as { deliveries: number }).deliveries,
      ),
    );
    const kept = await fetch(`http://127.0.0.1:${API_PORT}/api/v2/deliveries?limit=${JOURNAL}`);
    const { deliveries } = (await kept.json()) as { deliveries: readonly unknown[] };
    return {
      deliveries: counted.requests / elapsed,
      shown: shown.length === 0 ? 0 : median(shown) / elapsed,
      core,
      delay: marked.p99,
      gap: marked.gap,
      journal: deliveries.length,
    };
  });
}
