import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/protocol/bytes/byte-writer.ts';

test('a byte writer lays values out big-endian', () => {
  const writer = new ByteWriter().u8(1).u16(0x0203).u24(0x040506).u32(0x0708090a).u32le(0x0b0c0d0e);
  expect(writer.toBuffer().toString('hex')).toBe('0102030405060708090a0e0d0c0b');
});

test('a byte writer writes doubles, bytes and UTF-8', () => {
  const writer = new ByteWriter().f64(1).bytes(Buffer.of(0xff)).utf8('é€');
  expect(writer.toBuffer().toString('hex')).toBe('3ff0000000000000ffc3a9e282ac');
  expect(writer.length).toBe(14);
});

test('a byte writer grows past what it reserved', () => {
  const writer = new ByteWriter(1);
  for (let i = 0; i < 1000; i++) writer.u8(i & 0xff);
  writer.bytes(Buffer.alloc(5000, 7));
  expect(writer.toBuffer()).toEqual(
    Buffer.concat([Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff)), Buffer.alloc(5000, 7)]),
  );
});

test('what a byte writer gave out is not touched by later writes', () => {
  const writer = new ByteWriter().u8(1);
  const early = writer.toBuffer();
  writer.u8(2);
  expect(early).toEqual(Buffer.of(1));
});

test('a value too large for its field is a bug that throws', () => {
  expect(() => new ByteWriter().u24(0x1000000)).toThrow(RangeError);
});
