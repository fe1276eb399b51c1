import { isOffWord, notSupported } from './check-names.ts';
import { nearest } from './directive-names.ts';
import { HOOK_WORDS } from './legacy-forms.ts';
import { type Position, quote, type Report } from './report.ts';
import { type Override, type Overrides, readValue } from './resolve/block.ts';
import { BLOCKS, envName, specsOf, variablePaths } from './schema/index.ts';
import type { Spec } from './schema/spec.ts';
import { isWritable } from './srs-conf/format.ts';
import { UNSUPPORTED } from './unsupported-names.ts';

/** Variables that SRS reads and that are no directives, or that its images set. */
const NOT_DIRECTIVES = new Set([
  'SRS_CONFIG_FILE',
  'SRS_ENV_ONLY',
  'SRS_PLATFORM',
  'SRS_SOURCE',
  'SRS_REGION',
  'SRS_IN_DOCKER',
]);

/** Other names for the same: of the block that SRS 7 has, without the prefix that the log's directives repeat, nginx-rtmp's. */
const ALIASES: Readonly<Record<string, string>> = {
  SRS_RTMP_LISTEN: 'SRS_LISTEN',
  SRS_RTMP_CHUNK_SIZE: 'SRS_CHUNK_SIZE',
  SRS_LOG_TANK: 'SRS_SRS_LOG_TANK',
  SRS_LOG_FILE: 'SRS_SRS_LOG_FILE',
  SRS_LOG_LEVEL: 'SRS_SRS_LOG_LEVEL',
  ...Object.fromEntries(
    Object.entries(HOOK_WORDS).map(([theirs, ours]) => [hookVariable(theirs), hookVariable(ours)]),
  ),
};

function hookVariable(name: string): string {
  return envName(['vhost', 'http_hooks'], name);
}

const specs = new Map<string, Spec<unknown>>(
  BLOCKS.flatMap((block) =>
    variablePaths(block).flatMap((path) =>
      specsOf(block).map((spec) => [envName(path, spec.name), spec] as const),
    ),
  ),
);

const known = Object.entries(UNSUPPORTED).flatMap(([path, names]) =>
  Object.entries(names).map(([name, { kind }]) => {
    return { variable: envName(path === '' ? [] : path.split('.'), name), name, kind };
  }),
);

/** Reads the `SRS_…` variables. */
export function readEnvironment(env: NodeJS.ProcessEnv, report: Report): Overrides {
  const overrides = new Map<string, Override>();
  for (const [variable, text] of Object.entries(env)) {
    // SRS takes an empty variable as none, which is how Compose files pass on what is not set.
    if (
      !variable.startsWith('SRS_') ||
      text === undefined ||
      text.trim() === '' ||
      NOT_DIRECTIVES.has(variable)
    )
      continue;
    const at = { file: `env ${variable}`, line: 0, column: 0 };
    const name = ALIASES[variable] ?? variable;
    const spec = specs.get(name);
    if (spec === undefined) {
      reportUnknown(variable, text.trim(), at, report);
      continue;
    }
    const parts = partsOf(text.trim(), spec);
    const words = parts.map((part) => ({ text: part, at }));
    const unwritable = parts.find((part) => !isWritable(part));
    if (unwritable !== undefined) {
      const shown = spec.secretFrom === undefined ? quote(unwritable) : 'a word of it';
      report.error(at, `${shown} holds both kinds of quotes, which a directive cannot; expected one kind`);
      continue;
    }
    const read = readValue(spec, words, at, report);
    if (read !== undefined) overrides.set(name, { words, at, value: read.value });
  }
  return overrides;
}

/** Words are parted by spaces, but for the last that the directive takes, which may have them. */
function partsOf(text: string, { read: { takes } }: Spec<unknown>): string[] {
  if (takes === 'one value') return [text];
  if (takes === 'one or more values') return text.split(/\s+/);
  const [, name = '', value = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  return value === '' ? [name] : [name, value];
}

function reportUnknown(variable: string, text: string, at: Position, report: Report): void {
  const match = known.find((one) => variable === one.variable || variable.startsWith(`${one.variable}_`));
  if (match?.kind === 'harmless') return;
  if (match !== undefined) {
    if (!isOffWord(text)) report.warn(at, notSupported(match.name));
    return;
  }
  const guess = nearest(variable, [...specs.keys(), ...known.map((one) => one.variable)]);
  report.warn(
    at,
    `no directive has this name, ${guess === undefined ? 'and it is ignored' : `did you mean ${guess}?`}`,
  );
}
