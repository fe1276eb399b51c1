import type { Setting } from './resolve/block.ts';

/** A directive whose value is not the same in two configurations; null where one has none. */
export interface Difference {
  /** Blocks around it and its name: `vhost cdn / play / gop_cache`. */
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What another configuration has otherwise. Secrets are `***` in both, so one that is changed does not show. */
export function compareSettings(
  before: readonly Setting[],
  after: readonly Setting[],
): readonly Difference[] {
  const from = valuesOf(before, []);
  const to = valuesOf(after, []);
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((path) => {
    const [was, is] = [from.get(path) ?? null, to.get(path) ?? null];
    return was === is ? [] : [{ path, from: was, to: is }];
  });
}

/** Values by path; a directive that is there more than once has all of them. */
function valuesOf(settings: readonly Setting[], around: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  const add = (path: string, value: string) => {
    const known = values.get(path);
    values.set(path, known === undefined ? value : `${known}; ${value}`);
  };
  for (const { name, args, block, origin } of settings) {
    const words = args.join(' ');
    if (block === undefined) {
      if (origin !== 'unset') add([...around, name].join(' / '), words);
      continue;
    }
    const here = [...around, words === '' ? name : `${name} ${words}`];
    for (const [path, value] of valuesOf(block, here)) add(path, value);
  }
  return values;
}
