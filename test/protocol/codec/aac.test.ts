import { describe, expect, test } from 'vitest';
import { isCommonAac, readAacConfig } from '../../../src/protocol/codec/aac.ts';
import { bits, hex, u } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';

/** From ffmpeg's encoder: LC, 48 kHz, with a sync extension that says there is no SBR. */
const FFMPEG_STEREO = hex('119056e500');
const FFMPEG_5_1 = hex('11b056e500');

/** GASpecificConfig of 1024 samples without a core coder. */
const PLAIN = '000';

const front = (count: number) => u(count, 4);
/** A program config element: tag, profile, rate, counts, no mixdown, then each element. */
const assembler = (counts: string, elements: string, mixdown = '000') =>
  u(0, 4) + u(1, 2) + u(3, 4) + counts + mixdown + elements;

describe('an AudioSpecificConfig', () => {
  test.each([
    ['LC stereo of ffmpeg', FFMPEG_STEREO, 'mp4a.40.2', 48_000, 2, true],
    ['LC 5.1 of ffmpeg', FFMPEG_5_1, 'mp4a.40.2', 48_000, 6, true],
    ['LC 44.1 kHz mono', hex('1208'), 'mp4a.40.2', 44_100, 1, true],
    ['LC 7.1', bits(u(2, 5), u(3, 4), u(7, 4), PLAIN), 'mp4a.40.2', 48_000, 8, true],
    [
      'LC 6.1, which ADTS has no number for',
      bits(u(2, 5), u(3, 4), u(11, 4), PLAIN),
      'mp4a.40.2',
      48_000,
      7,
      false,
    ],
    ['LC of the lowest rate', bits(u(2, 5), u(12, 4), u(1, 4), PLAIN), 'mp4a.40.2', 7_350, 1, true],
    [
      'LC of a rate that is written out',
      bits(u(2, 5), u(15, 4), u(44_056, 24), u(2, 4), PLAIN),
      'mp4a.40.2',
      44_056,
      2,
      false,
    ],
    [
      'HE, said outright',
      bits(u(5, 5), u(6, 4), u(2, 4), u(3, 4), u(2, 5), PLAIN),
      'mp4a.40.5',
      24_000,
      2,
      true,
    ],
    [
      'HE whose doubled rate is written out',
      bits(u(5, 5), u(6, 4), u(1, 4), u(15, 4), u(48_000, 24), u(2, 5), PLAIN),
      'mp4a.40.5',
      24_000,
      1,
      true,
    ],
    ['HE v2', bits(u(29, 5), u(6, 4), u(1, 4), u(3, 4), u(2, 5), PLAIN), 'mp4a.40.29', 24_000, 2, true],
    [
      'HE v2 of two channels',
      bits(u(29, 5), u(6, 4), u(2, 4), u(3, 4), u(2, 5), PLAIN),
      'mp4a.40.29',
      24_000,
      2,
      true,
    ],
    [
      'HE with a bit-sliced core',
      bits(u(5, 5), u(6, 4), u(2, 4), u(3, 4), u(22, 5), u(2, 4), PLAIN),
      'mp4a.40.5',
      24_000,
      2,
      false,
    ],
    ['low delay, beyond 31', bits(u(31, 5), u(7, 6), u(3, 4), u(2, 4)), 'mp4a.40.39', 48_000, 2, false],
  ])('%s', (_, config, codec, sampleRate, channels, adts) => {
    expect(readAacConfig(config)).toEqual({ codec, sampleRate, channels, adts });
  });

  test.each([
    ['two in front', assembler(front(1) + front(0) + front(0) + u(0, 2) + u(0, 7), '1 0000'), 2],
    [
      'five and a low one',
      assembler(front(2) + front(0) + front(1) + u(1, 2) + u(0, 7), '0 0000  1 0000  1 0001  0000'),
      6,
    ],
    [
      'mixdowns said',
      assembler(front(1) + front(1) + front(0) + u(0, 2) + u(0, 7), '0 0000 1 0000', '1 0000 1 0000 1 000'),
      3,
    ],
  ])('whose channels are described one by one, %s, counts them', (_, element, channels) => {
    const config = bits(u(2, 5), u(3, 4), u(0, 4), '0 1', u(0, 14), '0', element, u(0, 8));
    expect(readAacConfig(config)).toEqual({ codec: 'mp4a.40.2', sampleRate: 48_000, channels, adts: false });
  });

  test.each([
    ['a reserved rate', bits(u(2, 5), u(13, 4), u(2, 4), PLAIN)],
    ['a rate of 0', bits(u(2, 5), u(15, 4), u(0, 24), u(2, 4), PLAIN)],
    ['a reserved layout', bits(u(2, 5), u(3, 4), u(15, 4), PLAIN)],
    ['channels of a kind that describes them elsewhere', bits(u(8, 5), u(3, 4), u(0, 4), PLAIN)],
    ['no channel', bits(u(2, 5), u(3, 4), u(0, 4), '000', assembler(u(0, 12) + u(0, 9), ''), u(0, 8))],
  ])('with %s says nothing', (_, config) => {
    expect(readAacConfig(config)).toBeUndefined();
  });

  test('cut in its head says nothing', () => {
    for (const cut of cuts(FFMPEG_STEREO.subarray(0, 2))) expect(readAacConfig(cut)).toBeUndefined();
    const written = bits(u(2, 5), u(15, 4), u(44_056, 24), u(2, 4), PLAIN);
    for (const cut of cuts(written)) expect(readAacConfig(cut)).toBeUndefined();
  });

  test('of any bytes is no trouble', () => survives(readAacConfig, FFMPEG_5_1));

  test('is common if it is LC or HE', () => {
    const format = { sampleRate: 48_000, channels: 2, adts: true };
    const kinds = ['2', '5', '29', '1', '39', '42'];
    expect(kinds.map((kind) => isCommonAac({ ...format, codec: `mp4a.40.${kind}` }))).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });
});
