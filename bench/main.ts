import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { machine } from './peers.ts';
import type { Effort } from './run.ts';
import { fanout } from './scenarios/fanout.ts';
import { hls } from './scenarios/hls.ts';
import { hooks } from './scenarios/hooks.ts';
import { ingest } from './scenarios/ingest.ts';
import { join as joinBurst } from './scenarios/join.ts';
import { latency } from './scenarios/latency.ts';
import { memory } from './scenarios/memory.ts';
import { record } from './scenarios/record.ts';
import { watched } from './scenarios/watched.ts';
import { workers } from './scenarios/workers.ts';
import type { Section } from './section.ts';

const SCENARIOS: Readonly<Record<string, (effort: Effort) => Promise<Section>>> = {
  fanout,
  join: joinBurst,
  latency,
  ingest,
  hls,
  hooks,
  memory,
  record,
  watched,
  workers,
};

const docs = new URL('../docs', import.meta.url).pathname;
const page = join(docs, 'benchmarks.md');

const HEAD = `# Benchmarks

\`npm run bench -- NAME\` measures and writes this page. The server has one core to itself and the load another; servers take turns in one run, and the median of several runs counts. Machines differ and are noisy: the ratios mean more than the figures.

node-media-server comes with the development packages. nginx with its RTMP module is measured if it is installed, SRS if the environment variable \`SRS\` names its binary. \`BEFORE\` names a built checkout: then it is the two builds that take turns, and the page stays as it is.
`;

await new Command('bench')
  .description('measure Gatecast beside its peers, on one core, and write docs/benchmarks.md')
  .argument('<name...>', `${Object.keys(SCENARIOS).join(', ')}, or all`)
  .option('--seconds <n>', 'length of a window', Number, 10)
  .option('--runs <n>', 'runs, of which the median counts', Number, 3)
  .action(async (names: string[], effort: Effort, command: Command) => {
    for (const name of names.includes('all') ? Object.keys(SCENARIOS) : names) {
      const scenario = SCENARIOS[name];
      if (!scenario)
        command.error(`error: there is no benchmark ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);
      const section = await scenario(effort);
      console.log(`\n## ${section.title}\n\n${section.body}\n`);
      if (process.env['BEFORE'] === undefined) write(name, section, effort);
    }
  })
  .parseAsync();

/** Replaces this benchmark's section of the page, and leaves the others as they are. */
function write(name: string, section: Section, effort: Effort): void {
  mkdirSync(join(docs, 'bench'), { recursive: true });
  for (const [file, svg] of section.images) writeFileSync(join(docs, 'bench', file), svg);
  const begin = `<!-- ${name} -->`;
  const end = `<!-- end of ${name} -->`;
  const when = `${new Date().toISOString().slice(0, 10)}, ${machine()}; windows of ${effort.seconds} s, medians of ${effort.runs}`;
  const text = [begin, `## ${section.title}`, section.body, `_${when}._`, end].join('\n\n');
  const old = existsSync(page) ? readFileSync(page, 'utf8') : HEAD;
  const at = old.indexOf(begin);
  const upTo = old.indexOf(end);
  const whole =
    at < 0 ? `${old.trimEnd()}\n\n${text}\n` : old.slice(0, at) + text + old.slice(upTo + end.length);
  writeFileSync(page, whole);
}
