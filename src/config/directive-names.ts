import { closest, distance } from 'fastest-levenshtein';
import { HOOK_WORDS } from './legacy-forms.ts';
import { BLOCKS, specsOf } from './schema/index.ts';
import type { BlockSpec, Spec } from './schema/spec.ts';
import { UNSUPPORTED, type Unsupported } from './unsupported-names.ts';

/** Meaning of a name in its block. */
export type Entry =
  | { readonly kind: 'directive'; readonly spec: Spec<unknown> }
  | { readonly kind: 'block'; readonly block: BlockSpec<unknown> }
  | Unsupported;

const words = new Map<string, Map<string, Entry>>();
for (const block of BLOCKS) {
  const here = entriesOf(block.path);
  for (const spec of specsOf(block)) here.set(spec.name, { kind: 'directive', spec });
  const name = block.path.at(-1);
  if (name !== undefined) entriesOf(block.path.slice(0, -1)).set(name, { kind: 'block', block });
}
for (const [path, known] of Object.entries(UNSUPPORTED)) {
  for (const [name, entry] of Object.entries(known))
    entriesOf(path === '' ? [] : path.split('.')).set(name, entry);
}

const SECRETIVE: ReadonlySet<string> = new Set(
  BLOCKS.flatMap((block) =>
    specsOf(block).flatMap(({ name, secretFrom }) => (secretFrom === undefined ? [] : [name])),
  ),
);

/** Old or other spellings that are rewritten before names are looked up; here so that a forgotten `;` is seen. */
const REWRITTEN: Readonly<Record<string, readonly string[]>> = {
  '': ['http_stream', 'rtmp', 'include'],
  vhost: [
    'gop_cache',
    'queue_length',
    'mw_latency',
    'refer_play',
    'refer_publish',
    'mode',
    'origin',
    'include',
  ],
  'vhost.http_hooks': [...Object.keys(HOOK_WORDS), 'include'],
};

/** Meaning of `name` in the block at `path`; undefined if it has none there. */
export function lookUp(path: readonly string[], name: string): Entry | undefined {
  return words.get(path.join('.'))?.get(name);
}

/** All names that the block at `path` can hold; undefined for blocks whose content is not checked. */
export function namesIn(path: readonly string[]): ReadonlySet<string> | undefined {
  const key = path.join('.');
  const known = words.get(key);
  return known && new Set([...known.keys(), ...(REWRITTEN[key] ?? [])]);
}

/** True if a directive of this name, wherever it stands, has secret words. */
export function isSecretive(name: string): boolean {
  return SECRETIVE.has(name);
}

/** The word that a person most likely meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const list = [...candidates];
  // Comparing costs the product of the lengths, and no directive is this long.
  if (list.length === 0 || name.length > 64) return undefined;
  const best = closest(name, list);
  return distance(name, best) <= Math.max(1, Math.floor(best.length / 3)) ? best : undefined;
}

/** Blocks that can hold `name`, as a person would write them. */
export function homesOf(name: string): string[] {
  const homes: string[] = [];
  for (const [path, entries] of words) {
    const blocks = path === '' ? [] : path.split('.');
    if (entries.has(name)) homes.push(placeName(blocks));
    for (const [holder, entry] of entries) {
      if (entry.kind === 'later' && entry.holds?.split(' ').includes(name))
        homes.push(placeName([...blocks, holder]));
    }
  }
  return homes;
}

const HEADS: Readonly<Record<string, string>> = { vhost: ' NAME', policy: ' EVENT' };

/** `vhost NAME { play { … } }`, or `the top level`. */
export function placeName(path: readonly string[]): string {
  if (path.length === 0) return 'the top level';
  return path.reduceRight((inner, block) => `${block}${HEADS[block] ?? ''} { ${inner} }`, '…');
}

function entriesOf(path: readonly string[]): Map<string, Entry> {
  const key = path.join('.');
  const entries = words.get(key) ?? new Map<string, Entry>();
  words.set(key, entries);
  return entries;
}
