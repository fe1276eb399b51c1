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
