import { maskText } from '../model/secret-values.ts';
import type { Fence, PathUse } from './fence.ts';

/** Place in a file. `line` and `column` count from 1; 0 means the file or variable as a whole. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration, or worth knowing about it. */
export interface Diagnostic extends Position {
  /** Sentence that says what is wrong and what was expected. */
  readonly message: string;
}

/** `file:line:column: what is wrong, what was expected`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message } = diagnostic;
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}

/** A hostile file can be wrong a million times; nobody reads past the first hundred. */
const MAX_FINDINGS = 100;

/** Message in place of a file's content. */
const UNQUOTED =
  'is no configuration as it is; what is wrong in a file that is not in use yet is not shown to who edits by the API';

/** Characters that are looked at of a text that a message quotes. */
const MAX_QUOTED = 4096;

/** Collects what one load finds, so that all of it can be told at once. */
export interface Report {
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Places and variables that the configuration uses, defaults included. */
  readonly uses: readonly PathUse[];
  /** Takes note of a use. False, and reported at `at`, if it is out of bounds; without `at` nothing is. `named` is how the text names it. */
  mayUse(use: PathUse, at?: Position, named?: string): boolean;
  /** True for a use that is within bounds. */
  reaches(use: PathUse): boolean;
  error(at: Position, message: string): void;
  warn(at: Position, message: string): void;
}

/**
 * An empty report. The same finding is kept once, however often it is made (an `env` value meets every vhost). `fence` is
 * for a text that `file` does not hold yet.
 */
export function newReport(fence?: Fence, main?: string): Report {
  const uses: PathUse[] = [];
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (list: Diagnostic[], { file, line, column }: Position, message: string) => {
    const isOpen = fence === undefined || file === main || file.startsWith('env ') || fence.mayQuote(file);
    const finding = isOpen
      ? { file, line, column, message }
      : { file, line: 0, column: 0, message: UNQUOTED };
    const text = formatDiagnostic(finding);
    if (list.length >= MAX_FINDINGS || seen.has(text)) return;
    seen.add(text);
    list.push(finding);
  };
  return {
    errors,
    warnings,
    uses,
    reaches: (use) => fence?.allows(use) ?? true,
    mayUse(use, at, named = use.path) {
      uses.push(use);
      if (at === undefined || fence === undefined || fence.allows(use)) return true;
      add(errors, at, outOfBounds(use.kind, named));
      return false;
    },
    error: (at, message) => add(errors, at, message),
    warn: (at, message) => add(warnings, at, message),
  };
}

function outOfBounds(kind: PathUse['kind'], path: string): string {
  if (kind === 'variable')
    return `variable ${path} is not used by the configuration in force, so one that is sent to the API may not name it`;
  const beside = kind === 'include' || kind === 'read' ? 'beside the configuration file, ' : '';
  return `${quote(path)} is out of bounds for a configuration that is sent to the API, expected a place that is in use already, ${beside}or under edit_roots of http_api`;
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
