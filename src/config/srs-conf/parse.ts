import { type Position, quote, type Report } from '../report.ts';
import { type Directive, LIMITS, type Word } from '../tree.ts';
import { Scanner } from './scanner.ts';

/** Options of the parser. */
export interface ParseContext {
  readonly file: string;
  readonly report: Report;
  /** Names that a block can hold, to tell a forgotten `;` from a directive over several lines; undefined: any. */
  namesIn(path: readonly string[]): ReadonlySet<string> | undefined;
  /** True if a directive has words that no message may quote. */
  isSecretive(name: string): boolean;
}

interface OpenBlock {
  readonly name: string;
  readonly at: Position;
  readonly content: Directive[];
}

/** Reads SRS grammar. Reports what is wrong and goes on behind it, so that one reading finds all. */
export function parseSrsConf(text: string, context: ParseContext): Directive[] {
  return new Parser(context).parse(new Scanner(text, context.file, context.report));
}

class Parser {
  readonly #context: ParseContext;
  readonly #root: Directive[] = [];
  readonly #open: OpenBlock[] = [];
  #words: Word[] = [];
  #count = 0;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  parse(scanner: Scanner): Directive[] {
    const { report } = this.#context;
    for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
      if (token.kind === 'word') this.#words.push(token);
      else if (token.kind === ';') this.#endDirective(token.at);
      else if (token.kind === '{') this.#openBlock(token.at);
      else this.#closeBlock(token.at);
      if (this.#count > LIMITS.directives) {
        report.error(token.at, `more than ${LIMITS.directives} directives in one file`);
        return [];
      }
      if (this.#open.length > LIMITS.depth) {
        report.error(token.at, `blocks are nested more than ${LIMITS.depth} deep`);
        return [];
      }
    }
    this.#end();
    return this.#root;
  }

  #endDirective(at: Position): void {
    if (this.#words.length === 0)
      this.#context.report.error(at, 'unexpected ";", expected a directive before it');
    this.#add(undefined);
  }

  #openBlock(at: Position): void {
    const head = this.#words[0];
    if (head === undefined) {
      this.#context.report.error(at, 'unexpected "{", expected the name of a block before it');
      // Its content is read like any other, so that its errors are told, and then forgotten.
      this.#open.push({ name: '', at, content: [] });
      return;
    }
    const content: Directive[] = [];
    const opened = this.#add(content);
    this.#open.push({ name: opened?.name ?? head.text, at: opened?.at ?? head.at, content });
  }

  #closeBlock(at: Position): void {
    const last = this.#words.at(-1);
    if (last !== undefined) {
      this.#reportMissingEnd(this.#words[0], last);
      this.#add(undefined);
    }
    if (this.#open.pop() === undefined)
      this.#context.report.error(at, 'unexpected "}", no block is open here');
  }

  #end(): void {
    const last = this.#words.at(-1);
    if (last !== undefined) {
      this.#reportMissingEnd(this.#words[0], last);
      this.#add(undefined);
    }
    for (const { name, at } of this.#open) {
      this.#context.report.error(
        at,
        `block ${quote(name)} is not closed, expected "}" before the end of the file`,
      );
    }
  }

  /** Makes the words read so far a directive of the block that is open; returns it. */
  #add(block: Directive[] | undefined): Directive | undefined {
    const words = this.#splitForgottenEnds(this.#words);
    this.#words = [];
    return this.#push(words, block);
  }

  #push(words: readonly Word[], block: Directive[] | undefined): Directive | undefined {
    const [head, ...args] = words;
    if (head === undefined) return undefined;
    if (head.text === '') {
      this.#context.report.error(head.at, 'a directive has an empty name, expected a word');
      return undefined;
    }
    const directive = { name: head.text, args, block, at: head.at };
    (this.#open.at(-1)?.content ?? this.#root).push(directive);
    this.#count += 1;
    return directive;
  }

  /**
   * A directive may go on in the next line, so a forgotten `;` swallows the directive below it. A line that begins
   * with a name this block knows is taken as that directive. Arguments need one word before them: `allow` may well be
   * followed by a line with `publish`.
   */
  #splitForgottenEnds(words: readonly Word[]): readonly Word[] {
    const names = this.#context.namesIn(this.#open.map((block) => block.name));
    let start = 0;
    for (let i = 2; i < words.length; i += 1) {
      const word = words[i];
      const before = words[i - 1];
      if (word === undefined || before === undefined || i - start < 2) continue;
      if (word.at.line === before.at.line || !names?.has(word.text)) continue;
      this.#reportMissingEnd(words[start], before);
      this.#push(words.slice(start, i), undefined);
      start = i;
    }
    return words.slice(start);
  }

  #reportMissingEnd(head: Word | undefined, last: Word): void {
    const secret = head !== undefined && head !== last && this.#context.isSecretive(head.text);
    const shown = secret ? `the value of ${head.text}` : quote(last.text);
    this.#context.report.error(last.at, `";" is missing after ${shown}`);
  }
}
