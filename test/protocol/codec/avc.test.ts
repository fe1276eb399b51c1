import { describe, expect, test } from 'vitest';
import { readAvcRecord, readAvcSps } from '../../../src/protocol/codec/avc.ts';
import { bits, hex, se, u, ue } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';
import { be, cat } from '../../support/wire.ts';

/** From x264: High, 4:2:0, 322x182 out of 336x192. */
const X264 = hex(`0164000dffe1001a6764000dacd941519e226c0440000003004000000c83c50a6580
  01000668ebe3cb22c0fdf8f800`);
/** From x264: High 4:4:4 Predictive, interlaced, 322x182. */
const X264_INTERLACED_444 = hex(`01f40015ffe1001b67f40015919b282a678f9b011000000300100000030321f1
  42996001000668fba3c44844fff8f800`);

/** NAL header, profile, constraints, level, and an id of 0. */
const head = (profile: number) => u(0x67, 8) + u(profile, 8) + u(0xc0, 8) + u(31, 8) + ue(0);
/** From the number of reference frames on: 1280x720 in whole frames. */
const HD = `${ue(4)}0${ue(79)}${ue(44)}11`;
const NO_CROP = '0 0 1';
const COUNT_LSB = ue(0) + ue(0) + ue(4);

const record = (sps: Buffer, lengthSize = 0xff): Buffer =>
  cat([1, 0x42, 0xc0, 31, lengthSize, 0xe1], be(sps.length, 2), sps, [1], be(4, 2), hex('68ce3c80'));

describe('an AVC decoder configuration record', () => {
  test.each([
    ['of x264', X264, 'avc1.64000d'],
    ['of x264, interlaced and without subsampling', X264_INTERLACED_444, 'avc1.f40015'],
  ])('%s has codec string and size', (_, bytes, codec) => {
    expect(readAvcRecord(bytes)).toEqual({ codec, width: 322, height: 182, bytes: expect.any(Number) });
  });

  test('ends with the last of its parameter sets that make sense', () => {
    const high = record(bits(head(66), COUNT_LSB, HD, NO_CROP));
    high[1] = 100;
    const extension = hex('fdf8f801 0003 6d0102');
    const ends = [[], [0xfd, 0xf8], hex('fdf8f800'), extension, extension.subarray(0, 8), hex('fdf8f8ff')];
    expect(ends.map((end) => readAvcRecord(cat(high, [...end]))?.bytes)).toEqual([
      ...[0, 0, 4, 9, 0, 0].map((more) => high.length + more),
    ]);
    expect(readAvcRecord(cat(record(bits(head(66), COUNT_LSB, HD, NO_CROP)), extension))?.bytes).toBe(
      high.length,
    );
  });

  test('cut anywhere says nothing', () => {
    for (const cut of cuts(record(bits(head(66), COUNT_LSB, HD, NO_CROP)))) {
      expect(readAvcRecord(cut)).toBeUndefined();
    }
  });

  test.each([
    ['of another version', cat([2], record(bits(head(66), COUNT_LSB, HD, NO_CROP)).subarray(1))],
    ['with lengths of three bytes', record(bits(head(66), COUNT_LSB, HD, NO_CROP), 0xfe)],
    ['without a sequence parameter set', hex('0142c01fffe001000468ce3c80')],
    ['whose sequence parameter set makes no sense', record(Buffer.alloc(40))],
  ])('%s says nothing', (_, bytes) => {
    expect(readAvcRecord(bytes)).toBeUndefined();
  });

  test('of any bytes is no trouble', () => survives(readAvcRecord, X264));
});

describe('a sequence parameter set of AVC', () => {
  const HD_SIZE = { width: 1280, height: 720 };

  test.each([
    ['Baseline', bits(head(66), COUNT_LSB, HD, NO_CROP)],
    [
      'with a cycle of picture order counts',
      bits(head(66), ue(0), ue(1), '0', se(-1), se(2), ue(2), se(1), se(-1), HD, NO_CROP),
    ],
    ['with no picture order count of its own', bits(head(66), ue(0), ue(2), HD, NO_CROP)],
    [
      'High, with scaling lists',
      // 4:2:0 of 8 bits; of eight lists the first ends at once, the second runs on, the seventh is long.
      bits(
        head(100),
        `${ue(1) + ue(0) + ue(0)}0 1`,
        `1 ${se(-8)}`,
        `1 ${se(1).repeat(16)}`,
        '0000',
        `1 ${se(0).repeat(64)}`,
        '0',
        COUNT_LSB,
        HD,
        NO_CROP,
      ),
    ],
    [
      'High 4:4:4 in three planes, with twelve lists that are not there',
      bits(head(244), ue(3), '1', `${ue(2) + ue(2)}0 1`, '0'.repeat(12), COUNT_LSB, HD, NO_CROP),
    ],
  ])('%s has its size', (_, sps) => {
    expect(readAvcSps(sps)).toEqual(HD_SIZE);
  });

  const crop = (left: number, right: number, top: number, bottom: number) =>
    `1 ${ue(left)}${ue(right)}${ue(top)}${ue(bottom)} 0 1`;
  const chroma = (format: number) => `${ue(format) + (format === 3 ? '0' : '') + ue(0) + ue(0)}0 0`;

  test.each([
    ['4:2:0', 1, 1280 - 2 * 3, 720 - 2 * 7],
    ['4:2:2', 2, 1280 - 2 * 3, 720 - 7],
    ['4:4:4', 3, 1280 - 3, 720 - 7],
    ['monochrome', 0, 1280 - 3, 720 - 7],
  ])('of %s is cropped in its own units', (_, format, width, height) => {
    expect(readAvcSps(bits(head(110), chroma(format), COUNT_LSB, HD, crop(1, 2, 3, 4)))).toEqual({
      width,
      height,
    });
  });

  test('of fields counts and crops two lines at once', () => {
    const fields = `${ue(4)}0${ue(79)}${ue(22)}0 1 1`;
    expect(readAvcSps(bits(head(77), COUNT_LSB, fields, crop(0, 0, 0, 2)))).toEqual({
      width: 1280,
      height: 23 * 32 - 8,
    });
  });

  test.each([
    ['is all cropped away', bits(head(66), COUNT_LSB, HD, crop(320, 320, 0, 0))],
    ['is cropped away in height', bits(head(66), COUNT_LSB, HD, crop(0, 0, 180, 180))],
    ['is wider than anything', bits(head(66), COUNT_LSB, `${ue(4)}0${ue(9999)}${ue(44)}1 1`, NO_CROP)],
    ['is higher than anything', bits(head(66), COUNT_LSB, `${ue(4)}0${ue(79)}${ue(9999)}1 1`, NO_CROP)],
    ['has a cycle without end', bits(head(66), ue(0), ue(1), '0', se(0), se(0), ue(1e9), se(0).repeat(80))],
  ])('that %s says nothing', (_, sps) => {
    expect(readAvcSps(sps)).toBeUndefined();
  });

  test('is read without the bytes that keep start codes out of it', () => {
    // The level of 0 makes two zeros with the constraints, and the third byte has to be kept apart.
    const plain = bits(u(0x67, 8), u(66, 8), u(0, 8), u(0, 8), ue(0), COUNT_LSB, HD, NO_CROP);
    const escaped = cat(plain.subarray(0, 4), [3], plain.subarray(4));
    expect(readAvcSps(escaped)).toEqual(HD_SIZE);
  });

  test('is read no further than its beginning', () => {
    const sps = bits(head(66), COUNT_LSB, HD, NO_CROP);
    expect(readAvcSps(cat(sps, Buffer.alloc(60_000, 0x55)))).toEqual(HD_SIZE);
  });
});
