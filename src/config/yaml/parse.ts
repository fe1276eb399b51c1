import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { newReport, type Position, quote, type Report } from '../report.ts';
import { isWritable } from '../srs-conf/format.ts';
import { Scanner } from '../srs-conf/scanner.ts';
import { type Directive, LIMITS, type Word } from '../tree.ts';

/** Reads a configuration in YAML into the same tree as SRS grammar; see docs/conf.md for the mapping. */
export function parseYaml(text: string, file: string, report: Report): Directive[] {
  const lines = new LineCounter();
  let document: Document.Parsed;
  let targets: ReadonlyMap<Alias, Node>;
  try {
    // The library compares each key with each, which a long map makes a long wait; `#pairs` does not.
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    targets = targetsOf(document);
  } catch {
    // The library is recursive: text that nests thousands deep runs out of stack.
    report.error({ file, line: 0, column: 0 }, 'is nested too deeply to be read');
    return [];
  }
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  for (const { pos, message } of document.errors) report.error(at(pos[0]), message);
  for (const { pos, message } of document.warnings) report.warn(at(pos[0]), message);
  const reader = new Reader(document, targets, at, report);
  return reader.read();
}

class Reader {
  readonly #document: Document.Parsed;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #positionOf: (offset: number) => Position;
  readonly #report: Report;
  #nodes = 0;
  #full = false;

  constructor(
    document: Document.Parsed,
    targets: ReadonlyMap<Alias, Node>,
    positionOf: (offset: number) => Position,
    report: Report,
  ) {
    this.#targets = targets;
    this.#document = document;
    this.#positionOf = positionOf;
    this.#report = report;
  }

  read(): Directive[] {
    const { contents } = this.#document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    if (isMap(contents)) return this.#block(contents, 0);
    this.#report.error(this.#at(contents), 'a configuration is a map of directives, expected "name: value"');
    return [];
  }

  #block(map: YAMLMap, depth: number): Directive[] {
    if (depth > LIMITS.depth) {
      this.#report.error(this.#at(map), `blocks are nested more than ${LIMITS.depth} deep`);
      return [];
    }
    return this.#pairs(map).flatMap((pair) => this.#pair(pair, depth));
  }

  /** The pairs of a map whose keys are not there before. */
  #pairs(map: YAMLMap): Pair<Node, Node | null>[] {
    const seen = new Set<string>();
    return (map.items as Pair<Node, Node | null>[]).filter(({ key }) => {
      const node = this.#resolve(key);
      const text = isScalar(node) ? textOf(node) : undefined;
      if (text === undefined || !seen.has(text)) {
        if (text !== undefined) seen.add(text);
        return true;
      }
      const again = `"${text} #2" for a second directive`;
      this.#report.error(
        this.#at(key),
        `the key ${quote(text)} is here twice, expected it once, or ${again}`,
      );
      return false;
    });
  }

  #pair(pair: Pair<Node, Node | null>, depth: number): Directive[] {
    const at = this.#at(pair.key);
    const [head, ...args] = this.#head(pair.key);
    if (head === undefined || this.#isFull(at)) return [];
    const value = this.#resolve(pair.value);
    if (isMap(value)) {
      if (depth === 0 && head.text === 'vhost' && args.length === 0) return this.#vhosts(head.text, value);
      return [{ name: head.text, args, block: this.#block(value, depth + 1), at }];
    }
    if (
      isSeq(value) &&
      value.items.some((item) => isSeq(this.#resolve(item)) || isMap(this.#resolve(item)))
    ) {
      return value.items.flatMap((item) => this.#repeated(head.text, args, item as Node, depth));
    }
    const words = this.#words(value);
    return words === undefined ? [] : [{ name: head.text, args: [...args, ...words], block: undefined, at }];
  }

  /** `vhost: { NAME: { … } }`, the form for blocks that carry names. */
  #vhosts(name: string, map: YAMLMap): Directive[] {
    return this.#pairs(map).flatMap(({ key, value }) => {
      const word = this.#word(key);
      const content = this.#resolve(value);
      if (word === undefined || this.#isFull(word.at)) return [];
      if (isMap(content)) return [{ name, args: [word], block: this.#block(content, 1), at: word.at }];
      if (content !== undefined && !(isScalar(content) && content.value === null)) {
        this.#report.error(
          this.#at(content),
          `vhost ${quote(word.text)} has no block, expected a map of directives`,
        );
        return [];
      }
      return [{ name, args: [word], block: [], at: word.at }];
    });
  }

  /** One of several directives of the same name, written as items of a list. */
  #repeated(name: string, args: readonly Word[], item: Node, depth: number): Directive[] {
    const node = this.#resolve(item);
    const at = this.#at(item);
    if (isMap(node)) return [{ name, args, block: this.#block(node, depth + 1), at }];
    const words = this.#words(node);
    return words === undefined ? [] : [{ name, args: [...args, ...words], block: undefined, at }];
  }

  /** A key is what SRS grammar has before the value; ` #2` keeps a key apart from its namesake above. */
  #head(key: Node): Word[] {
    const word = this.#scalar(key);
    if (word === undefined) return [];
    const found = newReport();
    const scanner = new Scanner(word.text, word.at.file, found);
    const words: Word[] = [];
    for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
      if (token.kind !== 'word') found.error(token.at, 'no word');
      else words.push({ text: token.text, at: word.at });
    }
    if (found.errors.length === 0 && words[0] !== undefined && words[0].text !== '') return words;
    this.#report.error(word.at, `the key ${quote(word.text)} is no directive, expected a name`);
    return [];
  }

  /** The arguments; undefined if one of them is wrong, so that no more is said about the directive. */
  #words(value: Node | undefined): Word[] | undefined {
    if (value === undefined || (isScalar(value) && value.value === null)) return [];
    const items = isSeq(value) ? (value.items as Node[]) : [value];
    const words = items.flatMap((item) => this.#word(item) ?? []);
    return words.length === items.length ? words : undefined;
  }

  #word(node: Node): Word | undefined {
    const word = this.#scalar(node);
    if (word === undefined || isWritable(word.text)) return word;
    // Not quoted: it may be a secret.
    this.#report.error(
      word.at,
      'this word holds both kinds of quotes, which a directive cannot; expected one kind',
    );
    return undefined;
  }

  #scalar(node: Node): Word | undefined {
    const at = this.#at(node);
    const value = this.#resolve(node);
    if (this.#isFull(at)) return undefined;
    if (isScalar(value) && value.value !== null) return { text: textOf(value), at };
    this.#report.error(at, 'expected a word, a number, on or off here');
    return undefined;
  }

  #resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return this.#targets.get(node);
    return (node ?? undefined) as Node | undefined;
  }

  #at(node: Node): Position {
    return this.#positionOf(node.range?.[0] ?? 0);
  }

  /** Aliases can make a small file endless, so what is taken from it is counted. */
  #isFull(at: Position): boolean {
    this.#nodes += 1;
    if (this.#nodes <= LIMITS.directives * 2) return false;
    if (!this.#full)
      this.#report.error(at, `more than ${LIMITS.directives * 2} directives and values in one file`);
    this.#full = true;
    return true;
  }
}

/** Targets of all aliases, found in one walk: the library's own `resolve` walks the document for each. */
function targetsOf(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_key, alias) => {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
  });
  return targets;
}

function textOf(scalar: Scalar): string {
  if (typeof scalar.value === 'string') return scalar.value;
  if (scalar.value === true) return 'on';
  if (scalar.value === false) return 'off';
  return scalar.source ?? String(scalar.value);
}
