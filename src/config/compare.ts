import type { Setting } from './resolve/block.ts';

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
