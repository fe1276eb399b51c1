import { checkNames } from './check-names.ts';
import type { Diagnostic } from './diagnostic.ts';
import { readEnvironment } from './environment.ts';
import type { Fence, PathUse } from './fence.ts';
import { expandIncludes } from './include.ts';
import { inOrder, newReport, type Report } from './report.ts';
import { type Resolved, resolveConfig } from './resolve/config.ts';
import { rewriteOldForms } from './rewrite.ts';
import { parseSource, readText } from './source.ts';
import type { Directive } from './tree.ts';

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
