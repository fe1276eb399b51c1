import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BitReader } from '../../../src/protocol/bytes/bit-reader.ts';
import { bits, se, u, ue } from '../../support/bits.ts';

describe('a bit reader', () => {
  test('reads numbers of any width across bytes, the highest bit first', () => {
    const reader = new BitReader(bits('1 0110 00000011 111', u(0xdeadbeef, 32)));
    expect(reader.flag()).toBe(true);
    expect(reader.bits(4)).toBe(0b0110);
    expect(reader.bits(8)).toBe(3);
    expect(reader.bits(3)).toBe(7);
    expect(reader.bits(32)).toBe(0xdeadbeef);
    expect(reader.bits(0)).toBe(0);
    expect(reader.left).toBe(0);
    expect(reader.exhausted).toBe(false);
  });

  test('has zeros behind the end, and says so', () => {
    const reader = new BitReader(bits('11111111'));
    expect(reader.bits(6)).toBe(63);
    expect(reader.bits(3)).toBe(0);
    expect(reader.exhausted).toBe(true);
    expect(reader.left).toBe(0);
    expect(reader.flag()).toBe(false);
  });

  test('skips up to the end without having read too much', () => {
    const reader = new BitReader(bits('00000000 1'));
    reader.skip(8);
    expect(reader.flag()).toBe(true);
    reader.skip(7);
    expect(reader.exhausted).toBe(false);
    reader.skip(1);
    expect(reader.exhausted).toBe(true);
    expect(reader.left).toBe(0);
  });

  test('reads the Exp-Golomb codes of the standard\u2019s tables', () => {
    const reader = new BitReader(bits('1 010 011 00100 00101 00110 00111 0001000'));
    expect(Array.from({ length: 8 }, () => reader.ue())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const signed = new BitReader(bits('1 010 011 00100 00101'));
    expect(Array.from({ length: 5 }, () => signed.se())).toEqual([0, 1, -1, 2, -2]);
  });

  test('any Exp-Golomb code reads as what was written', () => {
    fc.assert(
      fc.property(fc.nat(0xfffffffe), fc.integer({ min: -1_000_000, max: 1_000_000 }), (one, two) => {
        const reader = new BitReader(bits(ue(one), se(two)));
        expect(reader.ue()).toBe(one);
        expect(reader.se()).toBe(two);
        expect(reader.exhausted).toBe(false);
      }),
    );
  });

  test.each([31, 32, 33, 64, 4000])('gives up a code that begins with %i zeros and has no end', (zeros) => {
    const reader = new BitReader(bits('0'.repeat(zeros), zeros === 31 ? '1' : ''));
    expect(reader.ue()).toBe(0);
    expect(reader.exhausted).toBe(true);
  });

  test('gives up a code of which there are not all digits', () => {
    const reader = new BitReader(bits('00000001'));
    expect(reader.ue()).toBe(0);
    expect(reader.exhausted).toBe(true);
  });

  test('a code of 32 zeros and enough behind them is no code', () => {
    const reader = new BitReader(bits('0'.repeat(32), '1'.repeat(64)));
    expect(reader.ue()).toBe(0);
    expect(reader.exhausted).toBe(true);
  });
});
