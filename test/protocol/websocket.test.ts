import { expect, test } from 'vitest';
import { frameHeadSize, writeFrameHead } from '../../src/protocol/websocket.ts';

const headOf = (length: number): string => {
  const target = Buffer.alloc(frameHeadSize(length) + 2, 0xee);
  expect(writeFrameHead(target, 1, length)).toBe(1 + frameHeadSize(length));
  return target.toString('hex', 1, target.length - 1);
};

test.each([
  ['an empty message', 0, '8200'],
  ['the longest with a short head', 125, '827d'],
  ['one byte more', 126, '827e007e'],
  ['the longest with 16 bits', 65_535, '827effff'],
  ['one byte more than that', 65_536, '827f0000000000010000'],
  ['more than 32 bits', 0x1_0000_0001, '827f0000000100000001'],
])('the head of %s (RFC 6455, 5.2)', (_what, length, bytes) => {
  expect(headOf(length)).toBe(bytes);
});
