import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Position } from './diagnostic.ts';
import { LIMITS } from './limits.ts';
import { quote, type Report } from './report.ts';
import { parseSrsConf } from './srs-conf/parse.ts';
import type { Directive } from './tree.ts';
import { isSecretive, namesIn } from './vocabulary.ts';
import { parseYaml } from './yaml/parse.ts';

/** Whether a file of this name is read as YAML; all others are SRS grammar. */
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
  // At the file itself its name would be said twice.
  const name = at.line === 0 && at.file === path ? '' : `${quote(path)} `;
  let handle: number | undefined;
  try {
    // Not blocking, or a pipe would hold the server up for as long as nobody writes to it.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) report.error(at, `${name}is not a file, expected one`);
    else if (stat.size > LIMITS.fileBytes) {
      report.error(at, `${name}has ${stat.size} bytes, expected at most ${LIMITS.fileBytes}`);
    } else return readFileSync(handle, 'utf8');
  } catch (cause) {
    report.error(at, `${name}cannot be read: ${reasonOf(cause)}`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
  return undefined;
}

/** The position of a file as a whole. */
export function whole(file: string): Position {
  return { file, line: 0, column: 0 };
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission is denied';
  return cause instanceof Error ? cause.message : String(cause);
}
