import { createHash, timingSafeEqual } from 'node:crypto';
import { decodePart } from '../../model/secret-values.ts';

/** The values of `token` in a query, with or without its `?`; SRS glues queries together, so a `?` may come again. */
export function tokensOf(query: string): readonly string[] {
  return query
    .split(/[?&]/)
    .filter((pair) => pair.startsWith('token='))
    .map((pair) => decodePart(pair.slice('token='.length)));
}

/** Compares in a time that says nothing about either. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
