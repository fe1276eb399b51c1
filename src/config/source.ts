import { readSmallFile } from '../model/read-bounded-file.ts';
import { isSecretive, namesIn } from './directive-names.ts';
import { type Position, quote, type Report } from './report.ts';
import { parseSrsConf } from './srs-conf/parse.ts';
import { type Directive, LIMITS } from './tree.ts';
import { parseYaml } from './yaml/parse.ts';

/** True if a file of this name is read as YAML; all others are SRS grammar. */
export function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}

/** Reads one configuration text in the grammar that its file's name tells. */
export function parseSource(text: string, file: string, report: Report): Directive[] {
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.fileBytes) {
    report.error(whole(file), `has ${bytes} bytes, expected at most ${LIMITS.fileBytes}`);
    return [];
  }
  const clean = text.replace(/^\uFEFF/, '');
  return isYaml(file)
    ? parseYaml(clean, file, report)
    : parseSrsConf(clean, { file, report, namesIn, isSecretive });
}

/** The text of a file, or undefined if it cannot be read, which is reported at `at` (the file itself, or who named it). */
export function readText(path: string, report: Report, at: Position = whole(path)): string | undefined {
  try {
    return readSmallFile(path, LIMITS.fileBytes);
  } catch (fault) {
    // At the file itself its name would be said twice.
    const name = at.line === 0 && at.file === path ? '' : `${quote(path)} `;
    report.error(at, `${name}${(fault as Error).message}`);
    return undefined;
  }
}

/** The position of a file as a whole. */
export function whole(file: string): Position {
  return { file, line: 0, column: 0 };
}
