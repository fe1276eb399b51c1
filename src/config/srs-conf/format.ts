/** A directive to be written in SRS grammar. */
export interface Line {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Line[] | undefined;
  /** Written behind it, as a comment. */
  readonly note?: string | undefined;
  /** True writes the whole line as a comment. */
  readonly off?: boolean | undefined;
}

const NEEDS_QUOTES = /^$|^["'#}]|[ \t\r\n;{]/;

/** True if SRS grammar, which knows no escapes, can carry this word. */
export function isWritable(word: string): boolean {
  return !NEEDS_QUOTES.test(word) || !word.includes('"') || !word.includes("'");
}

/** A word in SRS grammar, in quotes where it needs them. */
export function formatWord(word: string): string {
  if (!NEEDS_QUOTES.test(word)) return word;
  return word.includes('"') ? `'${word}'` : `"${word}"`;
}

/** Writes directives in SRS grammar, one a line. */
export function formatSrsConf(lines: readonly Line[], indent = ''): string {
  return lines.map((line) => formatLine(line, indent)).join('');
}

function formatLine({ name, args, block, note, off }: Line, indent: string): string {
  const head = [name, ...args].map(formatWord).join(' ');
  const comment = note === undefined ? '' : ` # ${note}`;
  if (block !== undefined) {
    return `${indent}${head} {${comment}\n${formatSrsConf(block, `${indent}    `)}${indent}}\n`;
  }
  return `${indent}${off ? '# ' : ''}${head};${comment}\n`;
}
