import { describe, expect, test } from 'vitest';
import { readHevcRecord, readHevcSps } from '../../../src/protocol/codec/hevc.ts';
import { bits, hex, u, ue } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';
import { be, cat } from '../../support/wire.ts';

/** From x265: Main 10, 322x182 out of 328x184; without its SEI. */
const X265 = hex(`0102200000009000000000003cf000fcfdfafa00000f03
  a00001001840010c01ffff02200000030090000003000003003c959809
  a10001002c42010102200000030090000003000003003ca00a480b9c94d96566924caf016808000003000800000300c840
  a2000100074401c172b46240`);

interface Sps {
  readonly subLayers?: string;
  readonly chroma?: string;
  readonly crop?: string;
  readonly size?: string;
}

/** NAL header, ids, profile, tier and level, then what is given. */
const sps = ({
  subLayers = u(0, 3),
  chroma = ue(1),
  crop = '0',
  size = ue(1920) + ue(1088),
}: Sps): Buffer => {
  const [count = '', ...layers] = subLayers.split(' ');
  return bits(
    u(0x4201, 16),
    u(0, 4),
    count,
    '1',
    '01'.repeat(48),
    layers.join(''),
    ue(0),
    chroma,
    size,
    crop,
    '1',
  );
};

const array = (type: number, ...nals: readonly Buffer[]): Buffer =>
  cat([0x80 | type], be(nals.length, 2), ...nals.flatMap((nal) => [be(nal.length, 2), nal]));

interface Head {
  readonly version?: number;
  readonly profile?: number;
  readonly compatibility?: string;
  readonly constraints?: string;
  readonly level?: number;
  readonly lengthSize?: number;
}

const record = (arrays: readonly Buffer[], head: Head = {}): Buffer => {
  const { version = 1, profile = 1, compatibility = '60000000', constraints = '900000000000' } = head;
  const { level = 93, lengthSize = 3 } = head;
  return cat(
    [version, profile],
    hex(compatibility),
    hex(constraints),
    [level],
    hex('f000fcfdf8f80000'),
    [0x0c | lengthSize, arrays.length],
    ...arrays,
  );
};

describe('an HEVC decoder configuration record', () => {
  test('of x265 has codec string and size', () => {
    expect(readHevcRecord(X265)).toEqual({ codec: 'hvc1.2.4.L60.90', width: 322, height: 182 });
  });

  test.each([
    ['Main profile', {}, 'hvc1.1.6.L93.90'],
    ['high tier and a profile space', { profile: 0x40 | 0x20 | 4 }, 'hvc1.A4.6.H93.90'],
    ['the last profile space', { profile: 0xc0 | 4 }, 'hvc1.C4.6.L93.90'],
    ['no constraints', { constraints: '000000000000' }, 'hvc1.1.6.L93'],
    ['constraints with a gap', { constraints: '9d0800000000' }, 'hvc1.1.6.L93.9d.8'],
    ['all compatibility', { compatibility: 'ffffffff' }, 'hvc1.1.ffffffff.L93.90'],
    ['version 0, of early encoders', { version: 0 }, 'hvc1.1.6.L93.90'],
  ])('with %s has its codec string', (_, head, codec) => {
    expect(readHevcRecord(record([array(33, sps({}))], head))).toEqual({ codec, width: 1920, height: 1088 });
  });

  test('is read by its first sequence parameter set, wherever that is', () => {
    const bytes = record([
      array(32, hex('40010c01')),
      array(39),
      array(33, sps({ size: ue(640) + ue(360) }), sps({})),
      array(33, sps({})),
    ]);
    expect(readHevcRecord(bytes)).toMatchObject({ width: 640, height: 360 });
  });

  test('cut anywhere says nothing', () => {
    for (const cut of cuts(X265)) expect(readHevcRecord(cut)).toBeUndefined();
  });

  test.each([
    ['of a later version', record([array(33, sps({}))], { version: 2 })],
    ['with lengths of three bytes', record([array(33, sps({}))], { lengthSize: 2 })],
    ['without a sequence parameter set', record([array(32, hex('40010c01'))])],
    ['with an empty list of them', record([array(33)])],
    ['whose sequence parameter set makes no sense', record([array(33, Buffer.alloc(64))])],
  ])('%s says nothing', (_, bytes) => {
    expect(readHevcRecord(bytes)).toBeUndefined();
  });

  test('of any bytes is no trouble', () => survives(readHevcRecord, X265));
});

describe('a sequence parameter set of HEVC', () => {
  const window = `1 ${ue(1)}${ue(2)}${ue(0)}${ue(4)}`;

  test.each([
    ['4:2:0', { chroma: ue(1) }, 1914, 1080],
    ['4:2:2', { chroma: ue(2) }, 1914, 1084],
    ['4:4:4', { chroma: `${ue(3)}0` }, 1917, 1084],
    ['4:4:4 in three planes', { chroma: `${ue(3)}1` }, 1917, 1084],
    ['monochrome', { chroma: ue(0) }, 1917, 1084],
  ])('of %s is cropped in its own units', (_, colour, width, height) => {
    expect(readHevcSps(sps({ ...colour, crop: window }))).toEqual({ width, height });
  });

  test.each([
    // Of two sub-layers beside the whole the first has profile and level, the second neither.
    ['with some of theirs', `${u(2, 3)} 1100 ${'0'.repeat(12)} ${'10'.repeat(48)}`],
    ['with levels alone', `${u(1, 3)} 01 ${'0'.repeat(14)} ${u(93, 8)}`],
  ])('of several sub-layers %s has its size', (_, subLayers) => {
    expect(readHevcSps(sps({ subLayers }))).toEqual({ width: 1920, height: 1088 });
  });

  test.each([
    ['is all cropped away', { crop: `1 ${ue(960)}${ue(0)}${ue(0)}${ue(0)}` }],
    ['has no height', { size: ue(640) + ue(0) }],
  ])('that %s says nothing', (_, parts) => {
    expect(readHevcSps(sps(parts))).toBeUndefined();
  });
});
