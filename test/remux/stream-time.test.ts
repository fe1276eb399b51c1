import { expect, test } from 'vitest';
import { StreamTime } from '../../src/remux/stream-time.ts';

const placed = (...timestamps: readonly number[]) => {
  const time = new StreamTime();
  return timestamps.map((timestamp) => time.place(timestamp));
};

test('time begins where the publisher has it, and follows it', () => {
  expect(placed(500, 540, 523, 580)).toEqual([500, 540, 523, 580]);
});

test('time does not wrap with its 32 bits', () => {
  expect(placed(0xfffffff0, 0xfffffffa, 4, 0xffffffff, 14)).toEqual([
    0xfffffff0, 0xfffffffa, 0x100000004, 0xffffffff, 0x10000000e,
  ]);
});

test('time goes on where the publisher begins to count anew', () => {
  expect(placed(3_600_000, 3_600_040, 0, 40, 23)).toEqual([
    3_600_000, 3_600_040, 3_600_050, 3_600_090, 3_600_073,
  ]);
});

test('nothing is before the beginning of time', () => {
  expect(placed(10, 0xfffffff0, 20)).toEqual([10, 0, 20]);
});

test('a gap stays one, a leap is none', () => {
  expect(placed(0, 600_000, 1_200_001, 1_200_041)).toEqual([0, 600_000, 600_010, 600_050]);
});

test('a step back of another track is one, more is a new clock behind the newest packet', () => {
  expect(placed(10_000, 5_000, 10_001, 5_000)).toEqual([10_000, 5_000, 10_001, 10_011]);
});
