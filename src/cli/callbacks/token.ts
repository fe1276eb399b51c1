import { createHash, timingSafeEqual } from 'node:crypto';

/** The values of `token` in a query, with or without its `?`; SRS glues queries together, so a `?` may come again. */
export function tokensOf(query: string): readonly string[] {
  return query
    .split(/[?&]/)
    .filter((pair) => pair.startsWith('token='))
    .map((pair) => decode(pair.slice('token='.length)));
}

/** Compares in a time that says nothing about either. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** A query as it may be printed: values whose names sound secret become `***`. */
export function maskQuery(query: string): string {
  return query.replace(
    /\b((?:access_?)?token|key|secret|sign(?:ature)?|auth|pass(?:word)?)=[^?&]*/gi,
    '$1=***',
  );
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A stray `%` stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
