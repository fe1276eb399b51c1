import { describe, expect, test } from 'vitest';
import { Slab } from '../../../src/protocol/bytes/slab.ts';

const memoryOf = (pieces: readonly Buffer[]) => [...new Set(pieces.map((piece) => piece.buffer))];

describe('a slab', () => {
  test('gives out pieces of the length asked for, none of which overlap', () => {
    const slab = new Slab();
    const pieces = Array.from({ length: 500 }, (_, index) => slab.take(index % 90).fill(index % 251));
    for (const [index, piece] of pieces.entries()) {
      expect(piece).toEqual(Buffer.alloc(index % 90, index % 251));
    }
  });

  test('serves many pieces from few allocations, and begins with a small one', () => {
    const slab = new Slab();
    const pieces = Array.from({ length: 1000 }, () => slab.take(300));
    expect(memoryOf(pieces).map(({ byteLength }) => byteLength)).toEqual([
      4096, 8192, 16_384, 32_768, 65_536, 65_536, 65_536, 65_536,
    ]);
  });

  test('gives a long piece memory of its own and goes on where it was', () => {
    const slab = new Slab();
    const pieces = [slab.take(100), slab.take(16_385), slab.take(100)];
    expect(pieces[1]?.buffer.byteLength).toBe(16_385);
    expect(pieces[2]?.buffer).toBe(pieces[0]?.buffer);
  });
});
