/** Where something stands. `line` and `column` count from 1; 0 means the file or variable as a whole. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration, or worth knowing about it. */
export interface Diagnostic extends Position {
  /** What is wrong and what was expected, as one sentence. */
  readonly message: string;
}

/** `file:line:column: what is wrong, what was expected`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message } = diagnostic;
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;
}
