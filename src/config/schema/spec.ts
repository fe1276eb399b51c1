import type { z } from 'zod';

/** Reads the words behind a directive's name into its value, or says what is wrong with which word. */
export type Read<T> = z.ZodType<T, readonly string[]>;

/** One directive: all that is known of it, said once. */
export interface Spec<T> {
  /** As a file writes it. */
  readonly name: string;
  readonly takes: 'one value' | 'one or more values' | 'a name and a value';
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
  readonly directives: { readonly [K in keyof V]: Spec<V[K]> };
}
