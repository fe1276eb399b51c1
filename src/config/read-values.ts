import { isMasked, MASK } from '../model/secret-values.ts';
import type { Position } from './diagnostic.ts';
import { quote, type Report } from './report.ts';
import type { Spec } from './schema/spec.ts';
import type { Word } from './tree.ts';

/** The value of a directive's words, or undefined if they are wrong, which is reported at the word that is. */
export function readValue<T>(
  spec: Spec<T>,
  words: readonly Word[],
  at: Position,
  report: Report,
): { value: T } | undefined {
  if (words.length === 0) {
    report.error(at, `${spec.name} has no value, expected "${spec.name} ${spec.example};"`);
    return undefined;
  }
  const second = words[1];
  if (spec.read.takes === 'one value' && second !== undefined) {
    const shown = isSecretAt(spec, 1) ? 'a second word' : quote(second.text);
    report.error(second.at, `${spec.name} takes one value, unexpected ${shown}`);
    return undefined;
  }
  const masked = words.find(({ text }) => isMasked(text));
  if (masked !== undefined) {
    report.error(masked.at, `${spec.name} has ${MASK} where a secret was, expected the value itself`);
    return undefined;
  }
  const result = spec.read.words.safeParse(words.map((word) => word.text));
  if (result.success) return { value: result.data };
  for (const { path, message } of result.error.issues) {
    report.error((words[Number(path[0] ?? 0)] ?? words[0])?.at ?? at, `${spec.name} ${message}`);
  }
  return undefined;
}

/** True if the directive's word of this index is secret. */
export function isSecretAt({ secretFrom = Number.POSITIVE_INFINITY }: Spec<unknown>, index: number): boolean {
  return index >= secretFrom;
}

/** The value that a directive has when nobody sets it. */
export function defaultOf<T>(spec: Spec<T>): T {
  return spec.read.words.parse(defaultWords(spec));
}

/** The default as words of a file. */
export function defaultWords(spec: Spec<unknown>): string[] {
  return spec.fallback === '' ? [] : spec.fallback.split(' ');
}
