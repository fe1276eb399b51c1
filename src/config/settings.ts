import type { Setting } from './resolve/block.ts';
import type { Resolved } from './resolve/config.ts';
import { formatSrsConf, type Line } from './srs-conf/format.ts';

/**
 * The whole configuration in SRS grammar, every directive with its value and where it comes from. Loaded again, without
 * the environment, it gives the same configuration, but for secrets, which are shown as `***`.
 */
export function printConfig({ settings }: Pick<Resolved, 'settings'>): string {
  return formatSrsConf(settings.map(lineOf));
}

function lineOf({ name, args, block, origin }: Setting): Line {
  if (origin === 'unset') return { name, args, off: true, note: 'not set' };
  return { name, args, block: block?.map(lineOf), note: noteOf(origin) };
}

function noteOf(origin: Exclude<Setting['origin'], 'unset'>): string {
  if (origin === 'default') return 'default';
  const { file, line, column } = origin;
  // A line break in a file's name would end the comment.
  const name = file.replace(/[\r\n]/g, ' ');
  return line === 0 ? `from ${name}` : `from ${name}:${line}:${column}`;
}

/** A directive whose value is not the same in two configurations; null where one has none. */
export interface Difference {
  /** Blocks around it and its name: `vhost cdn / play / gop_cache`. */
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Differences of another configuration. Values with secrets are masked, so both may look alike. */
export function compareSettings(
  before: readonly Setting[],
  after: readonly Setting[],
): readonly Difference[] {
  const from = valuesOf(before, []);
  const to = valuesOf(after, []);
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((path) => {
    const [was, is] = [from.get(path), to.get(path)];
    if (was?.shown === is?.shown && was?.marks === is?.marks) return [];
    return [{ path, from: was?.shown ?? null, to: is?.shown ?? null }];
  });
}

interface Value {
  readonly shown: string;
  readonly marks: string;
}

/** Values by path; a directive that is there more than once has all of them. */
function valuesOf(settings: readonly Setting[], around: readonly string[]): Map<string, Value> {
  const values = new Map<string, Value>();
  const add = (path: string, { shown, marks }: Value) => {
    const known = values.get(path);
    const both = known && { shown: `${known.shown}; ${shown}`, marks: `${known.marks} ${marks}` };
    values.set(path, both ?? { shown, marks });
  };
  for (const { name, args, block, origin, mark = '' } of settings) {
    const words = args.join(' ');
    if (block === undefined) {
      if (origin !== 'unset') add([...around, name].join(' / '), { shown: words, marks: mark });
      continue;
    }
    const here = [...around, words === '' ? name : `${name} ${words}`];
    for (const [path, value] of valuesOf(block, here)) add(path, value);
  }
  return values;
}
