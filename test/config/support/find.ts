import { formatDiagnostic, parseConfigText } from '../../../src/config/index.ts';

/** Everything that is wrong with a text, a line each. */
export function errorsOf(text: string, file = 'a.conf', env: NodeJS.ProcessEnv = {}): string[] {
  const loaded = parseConfigText(text, file, env);
  return loaded.ok ? [] : loaded.errors.map(formatDiagnostic);
}

/** The warnings of a text that loads. */
export function warningsOf(text: string, file = 'a.conf', env: NodeJS.ProcessEnv = {}): string[] {
  const loaded = parseConfigText(text, file, env);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatDiagnostic).join('\n'));
  return loaded.warnings.map(formatDiagnostic);
}

/** The configuration of a text that loads. */
export function configOf(text: string, file = 'a.conf', env: NodeJS.ProcessEnv = {}) {
  const loaded = parseConfigText(text, file, env);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatDiagnostic).join('\n'));
  return loaded.config;
}
