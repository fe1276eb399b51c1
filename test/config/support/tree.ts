import { newReport } from '../../../src/config/report.ts';
import { parseSource } from '../../../src/config/source.ts';
import type { Directive } from '../../../src/config/tree.ts';

/** A tree without its positions, for comparison: `[name, ...args]`, and the block last if there is one. */
export type Plain = [string[], Plain[] | undefined];

/** The tree of a text that has nothing wrong with it. */
export function plainTree(text: string, file: string): Plain[] {
  const report = newReport();
  const tree = parseSource(text, file, report);
  if (report.errors.length > 0) throw new Error(JSON.stringify(report.errors));
  return plain(tree);
}

/** A tree without its positions. */
export function plain(directives: readonly Directive[]): Plain[] {
  return directives.map(({ name, args, block }) => [
    [name, ...args.map((word) => word.text)],
    block && plain(block),
  ]);
}
