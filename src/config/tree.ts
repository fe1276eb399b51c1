import type { Position } from './report.ts';

/** One argument of a directive, without the quotes it may have had. */
export interface Word {
  readonly text: string;
  readonly at: Position;
}

/** One directive as some file wrote it; both grammars give the same tree. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
  /** undefined for `name args;`, the content for `name args { … }`. */
  readonly block: readonly Directive[] | undefined;
  readonly at: Position;
}

/** Bounds on what a configuration may make the server read and hold. */
export const LIMITS = {
  /** Bytes of one file. */
  fileBytes: 1_048_576,
  /** Bytes of a file and all that it includes. */
  totalBytes: 8_388_608,
  /** Blocks inside blocks, and files inside files. */
  depth: 32,
  /** Directives of one file; in YAML also what aliases multiply. */
  directives: 50_000,
  /** Files that `include` may bring in, all together. */
  includes: 256,
} as const;
