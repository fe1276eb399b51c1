import { type Diagnostic, formatDiagnostic, type LoadResult, loadConfig } from '../config/index.ts';

/** A configuration without errors. */
export type Loaded = Extract<LoadResult, { ok: true }>;

/** Loads a file, prints its errors and warnings on standard error, and returns undefined if it has errors. */
export function readConfig(file: string): Loaded | undefined {
  const result = loadConfig(file, process.env);
  print('warning', result.warnings);
  if (result.ok) return result;
  print('error', result.errors);
  return undefined;
}

function print(kind: string, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) console.error(`${kind}: ${formatDiagnostic(diagnostic)}`);
}
