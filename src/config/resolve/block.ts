import { createHmac, randomBytes } from 'node:crypto';
import { isMasked, MASK, maskText } from '../../model/secret-values.ts';
import { type Position, quote, type Report } from '../report.ts';
import { envName } from '../schema/index.ts';
import { isReference } from '../schema/secret-values.ts';
import type { BlockSpec, Spec } from '../schema/spec.ts';
import type { Directive, Word } from '../tree.ts';

/** One resolved directive or block, and where its value comes from: what `printConfig` prints. */
export interface Setting {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Setting[] | undefined;
  /** Tells values apart that are shown alike, since something in them is masked; says nothing of it to anybody else. */
  readonly mark?: string | undefined;
  /** `unset` has no value at all; a position is a place in a file or a variable. */
  readonly origin: 'default' | 'unset' | Position;
}

/** Value of a variable for a directive; one of a vhost is for all vhosts. */
export interface Override {
  readonly words: readonly Word[];
  readonly at: Position;
  readonly value: unknown;
}

/** Overrides by the directive's variable. */
export type Overrides = ReadonlyMap<string, Override>;

/** Inputs of resolving beside the tree. */
export interface ResolveContext {
  /** Environment of `env:NAME`. */
  readonly env: NodeJS.ProcessEnv;
  readonly overrides: Overrides;
  readonly report: Report;
}

/** A block's values with their origins. */
export interface ResolvedBlock<V> {
  readonly values: V;
  readonly settings: readonly Setting[];
}

/** The value of each directive that the block can hold: from the environment, or the file, or else the default. */
export function resolveBlock<V>(
  block: BlockSpec<V>,
  directives: readonly Directive[],
  context: ResolveContext,
): ResolvedBlock<V> {
  const values: Record<string, unknown> = {};
  const settings: Setting[] = [];
  for (const [key, spec] of Object.entries<Spec<unknown>>(block.directives)) {
    const found = resolveSpec(spec, block.path, directives, context);
    values[key] = found.value;
    settings.push(...found.settings);
  }
  return { values: values as V, settings };
}

function resolveSpec(
  spec: Spec<unknown>,
  path: readonly string[],
  directives: readonly Directive[],
  { overrides, report }: ResolveContext,
): { value: unknown; settings: Setting[] } {
  const { name } = spec;
  const override = overrides.get(envName(path, name));
  const given = directives.filter((directive) => directive.name === name && directive.block === undefined);
  const read = (spec.again === 'adds' ? given : given.slice(0, 1)).map(({ args, at }) => {
    // Read even where a variable has the last word: what is wrong in the file is told.
    const isInBounds = args.map((word) => useWord(spec, word, word.at, report)).every(Boolean);
    return { read: isInBounds ? readValue(spec, args, at, report) : undefined, shown: shown(spec, args), at };
  });
  if (override !== undefined) {
    const { words, value, at } = override;
    for (const word of words) useWord(spec, word, undefined, report);
    return { value, settings: [{ name, ...shown(spec, words), origin: at }] };
  }
  const good = read.flatMap((one) => (one.read === undefined ? [] : [{ ...one, value: one.read.value }]));
  if (good.length === 0) {
    const args = defaultWords(spec);
    for (const text of args) useWord(spec, { text }, undefined, report);
    return {
      value: defaultOf(spec),
      settings: [{ name, args, origin: args.length === 0 ? 'unset' : 'default' }],
    };
  }
  return {
    value: spec.again === 'adds' ? good.flatMap((one) => one.value as unknown[]) : good[0]?.value,
    settings: good.map(({ shown: words, at }) => ({ name, ...words, origin: at })),
  };
}

/** Takes note of a place that a word names; false if it is out of bounds. */
function useWord(
  { path }: Spec<unknown>,
  { text }: Pick<Word, 'text'>,
  at: Position | undefined,
  report: Report,
): boolean {
  return path === undefined || report.mayUse({ kind: path, path: text }, at);
}

/** The key of marks, so that none can be guessed from what is shown. */
const MARK_KEY = randomBytes(32);

/** The words as they may be printed. Where a secret stands is none, nor is there one inside of others. */
function shown(
  { secretFrom = Number.POSITIVE_INFINITY }: Spec<unknown>,
  words: readonly Word[],
): Pick<Setting, 'args' | 'mark'> {
  const texts = words.map(({ text }) => text);
  const args = texts.map((text, index) => (index < secretFrom || isReference(text) ? maskText(text) : MASK));
  if (args.every((arg, index) => arg === texts[index])) return { args };
  return { args, mark: createHmac('sha256', MARK_KEY).update(JSON.stringify(texts)).digest('base64') };
}

/** Origin of a setting's value; undefined if it has none. */
export function originOf(name: string, settings: readonly Setting[]): Position | undefined {
  const origin = settings.find((setting) => setting.name === name)?.origin;
  return typeof origin === 'object' ? origin : undefined;
}

/** The content of the first block of this name; empty if there is none. */
export function contentOf(directives: readonly Directive[], name: string): readonly Directive[] {
  return (
    directives.find((directive) => directive.name === name && directive.block !== undefined)?.block ?? []
  );
}

/** A block as it is printed; `content` is what its holder has. */
export function blockSetting(
  block: BlockSpec<unknown>,
  settings: readonly Setting[],
  content: readonly Directive[],
): Setting {
  const name = nameOf(block);
  const at = content.find((directive) => directive.name === name)?.at;
  return { name, args: [], block: settings, origin: at ?? 'default' };
}

/** The word by which a file names the block. */
export function nameOf(block: BlockSpec<unknown>): string {
  return block.path.at(-1) ?? '';
}

/** The value of a directive's words, or undefined if they are wrong, which is reported at the word that is. */
export function readValue<T>(
  spec: Spec<T>,
  words: readonly Word[],
  at: Position,
  report: Report,
): { value: T } | undefined {
  if (words.length === 0) {
    report.error(at, `${spec.name} has no value, expected "${spec.name} ${spec.example};"`);
    return undefined;
  }
  const second = words[1];
  if (spec.read.takes === 'one value' && second !== undefined) {
    const shown = isSecretAt(spec, 1) ? 'a second word' : quote(second.text);
    report.error(second.at, `${spec.name} takes one value, unexpected ${shown}`);
    return undefined;
  }
  const masked = words.find(({ text }) => isMasked(text));
  if (masked !== undefined) {
    report.error(masked.at, `${spec.name} has ${MASK} where a secret was, expected the value itself`);
    return undefined;
  }
  const result = spec.read.words.safeParse(words.map((word) => word.text));
  if (result.success) return { value: result.data };
  for (const { path, message } of result.error.issues) {
    report.error((words[Number(path[0] ?? 0)] ?? words[0])?.at ?? at, `${spec.name} ${message}`);
  }
  return undefined;
}

/** True if the directive's word of this index is secret. */
function isSecretAt({ secretFrom = Number.POSITIVE_INFINITY }: Spec<unknown>, index: number): boolean {
  return index >= secretFrom;
}

/** The value that a directive has when nobody sets it. */
function defaultOf<T>(spec: Spec<T>): T {
  return spec.read.words.parse(defaultWords(spec));
}

/** The default as words of a file. */
function defaultWords(spec: Spec<unknown>): string[] {
  return spec.fallback === '' ? [] : spec.fallback.split(' ');
}
