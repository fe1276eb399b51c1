import type { z } from 'zod';

/** Reader of the words behind a directive's name into its value; the issues say what is wrong with which word. */
export interface Read<T> {
  readonly takes: 'one value' | 'one or more values' | 'a name and a value';
  readonly words: z.ZodType<T, readonly string[]>;
}

/** One directive: all that is known of it, said once. */
export interface Spec<T> {
  /** As a file writes it. */
  readonly name: string;
  readonly read: Read<T>;
  /** The default as a file would write it; empty if there is none. */
  readonly fallback: string;
  readonly unit?: 'milliseconds' | 'seconds' | 'bytes' | 'frames' | undefined;
  /** One or two sentences for the person who writes a file. */
  readonly doc: string;
  /** The arguments of a fitting use. */
  readonly example: string;
  /** Effect of a second one of its kind in a block: `first` (default) lets the first count and warns. */
  readonly again?: 'first' | 'error' | 'adds' | undefined;
  /** Index of the first word that is secret, with all behind it, counted from 0. */
  readonly secretFrom?: number | undefined;
  /** Use of the paths that its words name. */
  readonly path?: 'read' | 'write' | 'serve' | 'root' | undefined;
}

/** The directives of one block, by the names that the rest of the program calls them. */
export interface BlockSpec<V> {
  /** Blocks around and including this one; empty for the top level. */
  readonly path: readonly string[];
  readonly doc: string;
  /** The words of which one stands behind the block's name; there may be a block for each. */
  readonly heads?: readonly string[] | undefined;
  readonly directives: Specs<V>;
}

/** Directives by their keys. */
export type Specs<V> = { readonly [K in keyof V]: Spec<V[K]> };

/** A directive that its key in a block names, unless it has a name of its own. */
export type Directive<T> = Omit<Spec<T>, 'name'> & Partial<Pick<Spec<T>, 'name'>>;
type Directives<V> = { readonly [K in keyof V]: Directive<V[K]> };

/** Properties that only some directives have. */
export type More = Partial<Pick<Spec<unknown>, 'name' | 'unit' | 'again' | 'secretFrom' | 'path'>>;

/** A directive that its key in a block names, unless `more` has its name. */
export function directive<T>(
  read: Read<T>,
  fallback: string,
  doc: string,
  example: string,
  more: More = {},
): Directive<T> {
  return { read, fallback, doc, example, ...more };
}

/** A block; `prefix` begins the name of each directive that has none of its own. */
export function block<V>({
  directives,
  prefix = '',
  ...about
}: Omit<BlockSpec<V>, 'directives'> & {
  readonly prefix?: string;
  readonly directives: Directives<V>;
}): BlockSpec<V> {
  return { ...about, directives: nameDirectives<V>(directives, prefix) };
}

/** Names directives by their keys: `maxAgeMs` is `max_age`. */
export function nameDirectives<V>(directives: Directives<V>, prefix = ''): Specs<V> {
  const nameOf = (key: string) =>
    prefix + key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const specs = Object.entries<Directive<unknown>>(directives).map(
    ([key, given]) => [key, { ...given, name: given.name ?? nameOf(key) }] as const,
  );
  return Object.fromEntries(specs) as unknown as Specs<V>;
}
