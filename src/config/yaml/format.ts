import { Document } from 'yaml';
import { formatWord } from '../srs-conf/format.ts';
import type { Directive } from '../tree.ts';

type Value = string | number | null | readonly Value[] | Map<string, Value>;

/** Writes a tree as YAML, in its order and with nothing lost; `parseYaml` reads the same tree from it. */
export function formatYaml(directives: readonly Directive[]): string {
  if (directives.length === 0) return '';
  return new Document(blockValue(directives, true)).toString({ lineWidth: 0 });
}

function blockValue(directives: readonly Directive[], root: boolean): Map<string, Value> {
  const map = new Map<string, Value>();
  for (let i = 0; i < directives.length; ) {
    const run = runAt(directives, i, root);
    const [key, value] = runValue(run, root);
    map.set(freeKey(map, key), value);
    i += run.length;
  }
  return map;
}

/** The directives from `start` that one key can hold: namesakes in a row, of one kind. */
function runAt(directives: readonly Directive[], start: number, root: boolean): readonly Directive[] {
  const first = directives[start];
  if (first === undefined) return [];
  const kind = kindOf(first, root);
  if (kind === 'headed') return [first];
  let end = start + 1;
  const names = new Set([first.args[0]?.text]);
  for (; end < directives.length; end += 1) {
    const next = directives[end];
    if (next === undefined || next.name !== first.name || kindOf(next, root) !== kind) break;
    if (kind === 'vhost' && names.has(next.args[0]?.text)) break;
    names.add(next.args[0]?.text);
  }
  return directives.slice(start, end);
}

/** `headed` blocks carry arguments, which go into their key. */
function kindOf({ name, args, block }: Directive, root: boolean): 'vhost' | 'headed' | 'plain' {
  if (block === undefined || args.length === 0) return 'plain';
  return root && name === 'vhost' && args.length === 1 ? 'vhost' : 'headed';
}

function runValue(run: readonly Directive[], root: boolean): [string, Value] {
  const [first] = run;
  if (first === undefined) return ['', null];
  const key = formatWord(first.name);
  switch (kindOf(first, root)) {
    case 'vhost':
      return [key, new Map(run.map((one) => [one.args[0]?.text ?? '', blockValue(one.block ?? [], false)]))];
    case 'headed':
      return [
        [first.name, ...first.args.map((word) => word.text)].map(formatWord).join(' '),
        itemValue(first),
      ];
    case 'plain': {
      const only = run.length === 1 && !(root && first.name === 'vhost' && first.block !== undefined);
      if (!only) return [key, run.map(itemValue)];
      const { args, block } = first;
      if (block === undefined && args.length <= 1)
        return [key, args[0] === undefined ? null : scalar(args[0].text)];
      return [key, itemValue(first)];
    }
  }
}

function itemValue({ args, block }: Directive): Value {
  return block === undefined ? args.map((word) => scalar(word.text)) : blockValue(block, false);
}

/** Numbers that YAML would print back as they are stay bare; all else is a string, quoted where it has to be. */
function scalar(text: string): string | number {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function freeKey(map: ReadonlyMap<string, unknown>, key: string): string {
  if (!map.has(key)) return key;
  let count = 2;
  while (map.has(`${key} #${count}`)) count += 1;
  return `${key} #${count}`;
}
