/** An error or warning of the configuration. */
export interface Diagnostic {
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly sentence: string;
}

/** Takes `file:line:column: sentence` apart; what has no place is a sentence alone. */
export function readDiagnostic(text: string): Diagnostic {
  const found = /^(?:.*?):(\d+)(?::(\d+))?:\s*(.*)$/s.exec(text);
  if (!found) return { line: undefined, column: undefined, sentence: text };
  const [, line, column, sentence = ''] = found;
  return { line: Number(line), column: column === undefined ? undefined : Number(column), sentence };
}
