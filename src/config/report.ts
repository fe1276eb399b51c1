import { maskText } from '../model/secret-values.ts';
import { type Diagnostic, formatDiagnostic, type Position } from './diagnostic.ts';

/** A hostile file can be wrong a million times; nobody reads past the first hundred. */
const MAX_FINDINGS = 100;

/** Characters that are looked at of a text that a message quotes. */
const MAX_QUOTED = 4096;

/** Collects what one load finds, so that all of it can be told at once. */
export interface Report {
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  error(at: Position, message: string): void;
  warn(at: Position, message: string): void;
}

/** An empty report. The same finding is kept once, however often it is made (an `env` value meets every vhost). */
export function newReport(): Report {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (list: Diagnostic[], { file, line, column }: Position, message: string) => {
    const finding = { file, line, column, message };
    const text = formatDiagnostic(finding);
    if (list.length >= MAX_FINDINGS || seen.has(text)) return;
    seen.add(text);
    list.push(finding);
  };
  return {
    errors,
    warnings,
    error: (at, message) => add(errors, at, message),
    warn: (at, message) => add(warnings, at, message),
  };
}

/** Findings in the order in which a person reads: file by file, from the top, variables last. */
export function inOrder(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(findings.map(({ file }) => file))];
  const rank = ({ file }: Diagnostic) => files.indexOf(file) + (file.startsWith('env ') ? files.length : 0);
  return findings.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

/** Text of a stranger, made fit for a message: without secrets, quoted, on one line and short. */
export function quote(text: string): string {
  const shown = maskText(text.slice(0, MAX_QUOTED));
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 77)}...` : shown);
}
