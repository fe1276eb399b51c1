import { expect, test } from 'vitest';
import { randomSource } from '../../../src/protocol/bytes/random.ts';

test('random bytes are drawn in large blocks and handed out once', () => {
  const drawn: number[] = [];
  const draw = (size: number) => {
    drawn.push(size);
    return Buffer.from(Array.from({ length: size }, (_, at) => (at + drawn.length) % 251));
  };
  const random = randomSource(draw);
  const pieces = Array.from({ length: 5 }, () => random(6000));
  expect(pieces.map(({ length }) => length)).toEqual([6000, 6000, 6000, 6000, 6000]);
  expect(drawn).toEqual([16_384, 16_384, 16_384]);
  expect(new Set(pieces.map((piece) => `${piece.byteOffset} ${piece[0]}`)).size).toBe(5);
});

test('more random bytes than a block has are drawn for themselves', () => {
  expect(randomSource()(20_000)).toHaveLength(20_000);
});
