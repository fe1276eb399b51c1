import { describe, expect, test } from 'vitest';
import { readVp8Size, readVp9Record, readVp9Size } from '../../../src/protocol/codec/vpx.ts';
import { bits, hex, u } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';

/** From libvpx, by way of an MP4 file and of IVF files. */
const VPCC = hex('01000000000b820202020000');
const VP9_KEYFRAME = hex('8249834200 14100b560838241c184a00');
const VP9_444_KEYFRAME = hex('a24983420002 82016ac1070483830940');
const VP8_KEYFRAME = hex('3059009d012a4201b600000708858588');
const SIZE = { width: 322, height: 182 };

describe('a VP9 configuration record', () => {
  test('has the codec string', () => {
    expect(readVp9Record(VPCC)).toBe('vp09.00.11.08.01.02.02.02.00');
    expect(readVp9Record(hex('010000000228a70910090000'))).toBe('vp09.02.40.10.03.09.16.09.01');
    expect(readVp9Record(hex('010000000334c00101010000'))).toBe('vp09.03.52.12.00.01.01.01.00');
  });

  test('cut anywhere says nothing', () => {
    for (const cut of cuts(VPCC)) expect(readVp9Record(cut)).toBeUndefined();
  });

  test.each([
    ['version', '02000000000b820202020000'],
    ['profile', '01000000040b820202020000'],
    ['level', '010000000064820202020000'],
    ['depth', '01000000000b920202020000'],
    ['primaries', '01000000000b826402020000'],
    ['transfer', '01000000000b820264020000'],
    ['matrix', '01000000000b820202640000'],
  ])('with a %s that there is not says nothing', (_, bytes) => {
    expect(readVp9Record(hex(bytes))).toBeUndefined();
  });

  test('of any bytes is no trouble', () => survives(readVp9Record, VPCC));
});

describe('the size of a VP9 picture', () => {
  /** Frame marker, profile, shown anew, kind, shown, resilient, sync code. */
  const head = (profile: string, kind = '0') => `10 ${profile} 0 ${kind} 1 0 ${u(0x498342, 24)}`;
  const size = u(321, 16) + u(181, 16);

  test.each([
    ['libvpx', VP9_KEYFRAME],
    ['libvpx in 4:4:4', VP9_444_KEYFRAME],
    ['profile 0', bits(head('00'), u(2, 3), '0', size)],
    ['profile 1 in RGB', bits(head('10'), u(7, 3), '0', size)],
    ['profile 2', bits(head('01'), '0', u(2, 3), '0', size)],
    ['profile 3', bits(head('11 0'), '1', u(2, 3), '0 110', size)],
  ])('of %s is in a keyframe', (_, frame) => {
    expect(readVp9Size(frame)).toEqual(SIZE);
  });

  test.each([
    ['an inter frame', bits(head('00', '1'), u(2, 3), '0', size)],
    ['a frame that is shown again', bits('10 00 1 000', size)],
    ['another marker', bits('01 00 0 0 1 0', u(0x498342, 24), u(2, 3), '0', size)],
    ['another sync code', bits('10 00 0 0 1 0', u(0x498343, 24), u(2, 3), '0', size)],
  ])('is not in %s', (_, frame) => {
    expect(readVp9Size(frame)).toBeUndefined();
  });

  test('is not in a cut keyframe', () => {
    for (const cut of cuts(bits(head('00'), u(2, 3), '0', size))) expect(readVp9Size(cut)).toBeUndefined();
    survives(readVp9Size, VP9_KEYFRAME);
  });
});

describe('the size of a VP8 picture', () => {
  test('is in a keyframe, without the bits that say how to scale', () => {
    expect(readVp8Size(VP8_KEYFRAME)).toEqual(SIZE);
    expect(readVp8Size(hex('3059009d012a4241b680'))).toEqual(SIZE);
  });

  test.each([
    ['an inter frame', '3159009d012a4201b600'],
    ['a frame with another start code', '3059009d012b4201b600'],
    ['a frame with no start code at all', '3059009e012a4201b600'],
    ['a frame with half of it', '3059009d022a4201b600'],
    ['a picture without width', '3059009d012a0000b600'],
    ['a picture without height', '3059009d012a42010000'],
  ])('is not in %s', (_, frame) => {
    expect(readVp8Size(hex(frame))).toBeUndefined();
  });

  test('is not in a cut keyframe', () => {
    for (const cut of cuts(VP8_KEYFRAME.subarray(0, 10))) expect(readVp8Size(cut)).toBeUndefined();
    survives(readVp8Size, VP8_KEYFRAME);
  });
});
