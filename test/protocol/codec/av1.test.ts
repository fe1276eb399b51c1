import { describe, expect, test } from 'vitest';
import { findAv1Size, readAv1Record } from '../../../src/protocol/codec/av1.ts';
import { bits, hex, u } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';
import { cat } from '../../support/wire.ts';

/** From SVT-AV1: Main, 10 bits, 320x180. */
const SVT = hex('81004c000a0b000000043cfecc02f84040');
/** From libaom: High, 8 bits, 4:4:4, 322x182. */
const AOM_444 = hex('812000000a0a200000043d06d4daf902');

/** OBU of a sequence header, with its size. */
const sequence = (...parts: readonly string[]): Buffer => {
  const header = bits(...parts);
  return cat([0x0a, header.length], header);
};
/** Profile 0, no still picture. */
const MAIN = `${u(0, 3)}0`;
const FULL_HD = u(10, 4) + u(10, 4) + u(1919, 11) + u(1079, 11);
/** An operating point: all layers, level 4.0, and so no tier. */
const POINT = `${u(0, 12) + u(8, 5)}0`;
const LOW_POINT = u(0, 12) + u(4, 5);
const SIZE = { width: 1920, height: 1080 };

describe('an AV1 configuration record', () => {
  test.each([
    ['of SVT-AV1', SVT, { codec: 'av01.0.00M.10', size: { width: 320, height: 180 } }],
    ['of libaom', AOM_444, { codec: 'av01.1.00M.08.0.000.01.01.01.0', size: { width: 322, height: 182 } }],
    ['of High tier', hex('810dcc00'), { codec: 'av01.0.13H.10', size: undefined }],
    [
      'of 12 bits, without colour',
      hex('81487c00'),
      { codec: 'av01.2.08M.12.1.110.01.01.01.0', size: undefined },
    ],
    ['of 12 bits in 4:2:0', hex('81486c00'), { codec: 'av01.2.08M.12', size: undefined }],
  ])('%s says what it says', (_, bytes, format) => {
    expect(readAv1Record(bytes)).toEqual(format);
  });

  test('cut in its head says nothing, cut later no size', () => {
    for (const cut of cuts(SVT)) {
      if (cut.length < 4) expect(readAv1Record(cut)).toBeUndefined();
      else expect(readAv1Record(cut)).toEqual({ codec: 'av01.0.00M.10', size: undefined });
    }
  });

  test('of another version says nothing', () => {
    expect(readAv1Record(hex('82004c00'))).toBeUndefined();
    expect(readAv1Record(hex('01004c00'))).toBeUndefined();
  });

  test('of any bytes is no trouble', () => survives(readAv1Record, SVT));
});

describe('the size of an AV1 picture', () => {
  const timing = (picture: string, decoder: string) => `1 ${u(1, 32)}${u(25, 32)}${picture}${decoder}`;
  const decoderModel = (delayBits: number) => `1 ${u(delayBits - 1, 5)}${u(1, 32)}${u(3, 5)}${u(3, 5)}`;

  test.each([
    ['a reduced header', sequence(`${u(0, 3)}1 1`, u(8, 5), FULL_HD)],
    ['a header without timing', sequence(MAIN, '0', '0', '0', u(0, 5), POINT, FULL_HD)],
    ['one of a low level, which has no tier', sequence(MAIN, '0', '0', '0', u(0, 5), LOW_POINT, FULL_HD)],
    [
      'one with equal picture intervals',
      sequence(MAIN, '0', timing('1 010', '0'), '0', u(0, 5), POINT, FULL_HD),
    ],
    [
      'one with a decoder model at one of two operating points',
      sequence(
        MAIN,
        '0',
        timing('0', decoderModel(7)),
        '0',
        u(1, 5),
        `${POINT}1${'1'.repeat(15)}`,
        `${POINT}0`,
        FULL_HD,
      ),
    ],
    [
      'one with display delays at one of two operating points',
      sequence(MAIN, '0', '0', '1', u(1, 5), `${POINT}1${u(9, 4)}`, `${POINT}0`, FULL_HD),
    ],
  ])('is in %s', (_, obus) => {
    // The flag of reduced headers is the digit behind the profile's and the still picture's.
    expect(findAv1Size(obus)).toEqual(SIZE);
  });

  const HEADER = sequence(`${u(0, 3)}1 1`, u(8, 5), FULL_HD);

  test.each([
    ['behind other units', cat(hex('1200'), hex('2a03010203'), HEADER)],
    ['in a unit with an extension', cat([0x0e, 0x08], HEADER.subarray(1))],
    ['in a unit without a size, which is the last', cat(hex('1200'), [0x08], HEADER.subarray(2))],
    [
      'in a unit whose size has more bytes than it needs',
      cat([0x0a, 0x80 | (HEADER[1] ?? 0), 0], HEADER.subarray(2)),
    ],
  ])('is found %s', (_, obus) => {
    expect(findAv1Size(obus)).toEqual(SIZE);
  });

  test.each([
    ['there are too many units before it', cat(Buffer.alloc(32, hex('1200')), HEADER)],
    ['a size runs over the end', hex('1205ff')],
    ['a size has no end', hex('0affffffffffffffffff')],
    ['a size is cut off', hex('0aff')],
    ['there is nothing', Buffer.alloc(0)],
    ['there are other units alone', hex('12002a0101')],
  ])('is not found where %s', (_, obus) => {
    expect(findAv1Size(obus)).toBeUndefined();
  });
});
