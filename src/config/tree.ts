import type { Position } from './diagnostic.ts';

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
