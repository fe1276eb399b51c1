import { type Position, quote, type Report } from '../report.ts';

/** A piece of SRS grammar. */
export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: Position }
  | { readonly kind: ';' | '{' | '}'; readonly at: Position };

const SPACE = /[ \t\r\n]+/y;
const COMMENT = /#[^\n]*/y;
const WORD = /[^ \t\r\n;{]+/y;
const ENDS_QUOTED = /[ \t\r\n;{]/;

/** Cuts SRS grammar into tokens; what cannot be a token is reported and passed over. */
export class Scanner {
  readonly #text: string;
  readonly #file: string;
  readonly #report: Report;
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  /** Offset of the next line break, -1 if there is none. */
  #newline: number;

  constructor(text: string, file: string, report: Report) {
    this.#text = text;
    this.#file = file;
    this.#report = report;
    this.#newline = text.indexOf('\n');
  }

  /** The next token, or undefined at the end of the text. */
  next(): Token | undefined {
    while (this.#skip(SPACE) || this.#skip(COMMENT));
    const at = this.#here();
    const char = this.#text[this.#offset];
    switch (char) {
      case undefined:
        return undefined;
      case ';':
      case '{':
      case '}':
        this.#advanceTo(this.#offset + 1);
        return { kind: char, at };
      case '"':
      case "'":
        return { kind: 'word', text: this.#quoted(char, at), at };
      default: {
        const start = this.#offset;
        this.#skip(WORD);
        return { kind: 'word', text: this.#text.slice(start, this.#offset), at };
      }
    }
  }

  #quoted(mark: string, at: Position): string {
    const start = this.#offset + 1;
    const end = this.#text.indexOf(mark, start);
    const after = this.#text[end + 1];
    const clean = after === undefined || ENDS_QUOTED.test(after);
    const lineEnd = this.#newline === -1 ? this.#text.length : this.#newline;
    // A string that runs over lines and stops at something that cannot follow it: its end was forgotten, and it ran
    // into the start of the next one.
    if (end === -1 || (end > lineEnd && !clean)) {
      this.#report.error(at, `a quote is opened and not closed, expected another ${mark}`);
      return this.#restOfLine(start, lineEnd);
    }
    this.#advanceTo(end + 1);
    if (!clean) {
      this.#report.error(
        this.#here(),
        `unexpected ${quote(after)} after a closing quote, expected a space, ; or {`,
      );
      this.#skip(WORD);
    }
    return this.#text.slice(start, end);
  }

  #restOfLine(start: number, lineEnd: number): string {
    const rest = this.#text.slice(start, lineEnd);
    const stop = rest.search(/\s*[;{]?\s*$/);
    this.#advanceTo(start + stop);
    return rest.slice(0, stop);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    if (!pattern.test(this.#text)) return false;
    this.#advanceTo(pattern.lastIndex);
    return true;
  }

  #advanceTo(offset: number): void {
    while (this.#newline !== -1 && this.#newline < offset) {
      this.#line += 1;
      this.#lineStart = this.#newline + 1;
      this.#newline = this.#text.indexOf('\n', this.#lineStart);
    }
    this.#offset = offset;
  }

  #here(): Position {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
