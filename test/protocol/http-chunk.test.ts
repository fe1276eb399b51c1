import { expect, test } from 'vitest';
import { chunkBytes, LAST_CHUNK, writeChunkEnd, writeChunkHead } from '../../src/protocol/http-chunk.ts';

test.each([
  [0, '000000\r\n\r\n'],
  [1, '000001\r\nx\r\n'],
  [3, '000003\r\nxxx\r\n'],
  [20, `000014\r\n${'x'.repeat(20)}\r\n`],
  [70_000, `011170\r\n${'x'.repeat(70_000)}\r\n`],
])('a chunk of %i bytes (RFC 9112, 7.1)', (length, text) => {
  const target = Buffer.alloc(chunkBytes(length) + 2, 'x');
  expect(writeChunkEnd(target, writeChunkHead(target, 1, length) + length)).toBe(target.length - 1);
  expect(target.toString('latin1', 1, target.length - 1)).toBe(text);
});

test('the last chunk holds nothing', () => {
  expect(LAST_CHUNK.toString('latin1')).toBe('0\r\n\r\n');
});
