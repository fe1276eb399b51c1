import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { quote, type Report } from './report.ts';
import { parseSource, readText } from './source.ts';
import { type Directive, LIMITS, type Word } from './tree.ts';

/** Puts the content of included files where `include` names them, in blocks too. */
export function expandIncludes(directives: readonly Directive[], file: string, report: Report): Directive[] {
  return new Includer(report).expand(directives, [file]);
}

/** Finds a file as SRS does, from the working directory, or else beside the file that names it. */
export function locate(name: string, from: string): string {
  if (isAbsolute(name) || existsSync(name)) return name;
  const beside = join(dirname(from), name);
  return existsSync(beside) ? beside : name;
}

class Includer {
  readonly #report: Report;
  #files = 0;
  #bytes = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  expand(directives: readonly Directive[], chain: readonly string[]): Directive[] {
    return directives.flatMap((directive) => {
      const { name, args, block, at } = directive;
      if (name !== 'include')
        return [block === undefined ? directive : { ...directive, block: this.expand(block, chain) }];
      if (block !== undefined || args.length === 0) {
        this.#report.error(at, 'include takes the names of files, expected "include FILE...;"');
        return [];
      }
      return args.flatMap((word) => this.#filesOf(word).flatMap((file) => this.#include(file, word, chain)));
    });
  }

  #filesOf({ text, at }: Word): string[] {
    if (!isDynamicPattern(text)) return [locate(text, at.file)];
    const bases = isAbsolute(text) ? ['/'] : ['.', dirname(at.file)];
    const places = bases.map((base) => ({
      base,
      use: { kind: 'include', path: join(base, fixedPartOf(text)) } as const,
    }));
    // Before files are looked for: which there are is nobody's business who may not read them.
    const within = places.filter(({ use }) => this.#report.reaches(use));
    for (const { use } of within.length > 0 ? within : places.slice(0, 1)) {
      if (!this.#report.mayUse(use, within.length > 0 ? undefined : at, text)) return [];
    }
    for (const { base } of within) {
      const files = globSync(text, { cwd: base, deep: LIMITS.depth, expandDirectories: false }).sort();
      if (files.length > 0) return files.map((file) => join(base, file));
    }
    this.#report.warn(at, `include ${quote(text)} matches no file`);
    return [];
  }

  #include(file: string, { text: named, at }: Word, chain: readonly string[]): Directive[] {
    this.#files += 1;
    if (this.#files > LIMITS.includes) {
      this.#report.error({ ...at, line: 0 }, `more than ${LIMITS.includes} files are included`);
      return [];
    }
    if (chain.length > LIMITS.depth) {
      this.#report.error(at, `files are included more than ${LIMITS.depth} deep`);
      return [];
    }
    if (!this.#report.mayUse({ kind: 'include', path: file }, at, named)) return [];
    if (chain.some((open) => isSame(open, file))) {
      this.#report.error(at, `${quote(file)} includes itself`);
      return [];
    }
    const text = readText(file, this.#report, at);
    if (text === undefined) return [];
    this.#bytes += text.length;
    if (this.#bytes > LIMITS.totalBytes) {
      this.#report.error(
        { ...at, line: 0 },
        `included files have more than ${LIMITS.totalBytes} bytes together`,
      );
      return [];
    }
    return this.expand(parseSource(text, file, this.#report), [...chain, file]);
  }
}

/** The directory under which all files are that a pattern can match: what leads out again of one that matched counts. */
function fixedPartOf(pattern: string): string {
  const steps = pattern.split('/');
  const fixed = steps.slice(
    0,
    steps.findIndex((step) => isDynamicPattern(step)),
  );
  const leavesAgain = steps.slice(fixed.length).includes('..');
  return leavesAgain ? '/' : fixed.join('/') || (pattern.startsWith('/') ? '/' : '.');
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}
