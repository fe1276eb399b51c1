import type { Part } from '../../hls/segment-store.ts';

/**
 * The part of a file of `size` bytes that a Range header asks for (RFC 9110 14.2); undefined for the whole, which is also
 * the answer to several parts and to what cannot be read.
 */
export function parseRange(header: string | undefined, size: number): Part | 'impossible' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'impossible' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (start >= size) return 'impossible';
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return end < start ? undefined : { start, end };
}
