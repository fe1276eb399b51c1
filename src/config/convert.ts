import { formatDiagnostic } from './diagnostic.ts';
import { newReport } from './report.ts';
import { isYaml, parseSource, readText } from './source.ts';
import { formatSrsConf, type Line } from './srs-conf/format.ts';
import type { Directive } from './tree.ts';
import { formatYaml } from './yaml/format.ts';

/**
 * The file's configuration in the other grammar: YAML for SRS grammar, SRS grammar for `.yaml` and `.yml`. Keeps every
 * directive in its order, `include` too; comments are left behind. Throws an Error that lists what is wrong in the file.
 */
export function convertConfig(path: string): string {
  const report = newReport();
  const text = readText(path, report);
  const tree = text === undefined ? [] : parseSource(text, path, report);
  if (report.errors.length > 0) throw new Error(report.errors.map(formatDiagnostic).join('\n'));
  return isYaml(path) ? formatSrsConf(linesOf(tree)) : formatYaml(tree);
}

/** A tree as lines of SRS grammar. */
function linesOf(directives: readonly Directive[]): Line[] {
  return directives.map(({ name, args, block }) => ({
    name,
    args: args.map((word) => word.text),
    block: block && linesOf(block),
  }));
}
