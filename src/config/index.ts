import { checkNames } from './check-names.ts';
import { readEnvironment } from './environment.ts';
import type { Fence, PathUse } from './fence.ts';
import { expandIncludes } from './include.ts';
import { rewriteOldForms } from './legacy-forms.ts';
import { type Diagnostic, formatDiagnostic, inOrder, newReport, type Report } from './report.ts';
import { type Resolved, resolveConfig } from './resolve/config.ts';
import { isYaml, parseSource, readText } from './source.ts';
import { formatSrsConf, type Line } from './srs-conf/format.ts';
import type { Directive } from './tree.ts';
import { formatYaml } from './yaml/format.ts';

export { Fence } from './fence.ts';
export { type Diagnostic, formatDiagnostic } from './report.ts';
export { printConfig } from './settings.ts';

/** A configuration with what is worth knowing about it, or everything that is wrong with it. */
export type LoadResult =
  | ({
      readonly ok: true;
      readonly warnings: readonly Diagnostic[];
      readonly uses: readonly PathUse[];
    } & Resolved)
  | { readonly ok: false; readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] };

/** Loads a file, `.yaml` and `.yml` as YAML and all others as SRS grammar; `SRS_…` variables of `env` win over it. */
export function loadConfig(path: string, env: NodeJS.ProcessEnv = {}): LoadResult {
  const report = newReport();
  const text = readText(path, report);
  if (text === undefined) return { ok: false, errors: report.errors, warnings: report.warnings };
  return finish(parseSource(text, path, report), path, env, report);
}

/** Loads a text as if a file of this name held it. `fence` is how far one may reach that comes from elsewhere. */
export function parseConfigText(
  text: string,
  fileName: string,
  env: NodeJS.ProcessEnv = {},
  fence?: Fence,
): LoadResult {
  const report = newReport(fence, fileName);
  return finish(parseSource(text, fileName, report), fileName, env, report);
}

function finish(
  tree: readonly Directive[],
  file: string,
  env: NodeJS.ProcessEnv,
  report: Report,
): LoadResult {
  const root = rewriteOldForms(expandIncludes(tree, file, report), report);
  checkNames(root, [], report);
  const overrides = readEnvironment(env, report);
  const resolved = resolveConfig(root, file, { env, overrides, report });
  const [errors, warnings] = [inOrder(report.errors), inOrder(report.warnings)];
  return errors.length > 0
    ? { ok: false, errors, warnings }
    : { ok: true, ...resolved, warnings, uses: report.uses };
}

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
