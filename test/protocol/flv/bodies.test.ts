import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAudioBodies } from '../../../src/protocol/flv/audio.ts';
import type { TagBody } from '../../../src/protocol/flv/enhanced.ts';
import { readVideoBodies } from '../../../src/protocol/flv/video.ts';
import { be, cat } from '../../support/wire.ts';

/** In a form to compare, the data as text. */
const shown = (bodies: readonly TagBody[]) =>
  bodies.map(({ data, ...rest }) => ({ ...rest, data: data.toString('latin1') }));

const frames = (codec: string, data: string, more: object = {}) => ({
  ...{ type: 'frames', trackId: 0, codec, keyframe: true, compositionMs: 0, data },
  ...more,
});
const config = (codec: string, data: string, more: object = {}) => ({
  ...{ type: 'config', trackId: 0, codec, keyframe: true, data },
  ...more,
});

describe('a legacy video message brings', () => {
  test.each([
    ['an AVC configuration', cat([0x17, 0, 0, 0, 0], 'avcC'), [config('avc', 'avcC')]],
    ['an AVC keyframe', cat([0x17, 1, 0, 0, 80], 'nal'), [frames('avc', 'nal', { compositionMs: 80 })]],
    [
      'a frame that is presented before it is decoded',
      cat([0x27, 1, 0xff, 0xff, 0xd8], 'nal'),
      [frames('avc', 'nal', { keyframe: false, compositionMs: -40 })],
    ],
    ['the end of a sequence, which is nothing', cat([0x17, 2, 0, 0, 0]), []],
    ['HEVC', cat([0x1c, 1, 0, 0, 1], 'nal'), [frames('hevc', 'nal', { compositionMs: 1 })]],
    ['AV1', cat([0x1d, 0, 0, 0, 0], 'av1C'), [config('av1', 'av1C')]],
    ['VP6, which has no packet type', cat([0x24], 'vp6'), [frames('vp6', 'vp6', { keyframe: false })]],
    ['a codec number that nobody uses', cat([0x1f], 'x'), [frames('unknown', 'x')]],
    ['a command, which is nothing', cat([0x57, 1, 0, 0, 0, 0]), []],
    ['a header that is cut off, which is nothing', cat([0x17, 1, 0, 0]), []],
    ['no byte at all', Buffer.alloc(0), []],
  ])('%s', (_, payload, bodies) => {
    expect(shown(readVideoBodies(payload))).toEqual(bodies);
  });
});

describe('an enhanced video message brings', () => {
  test.each([
    ['a configuration', cat([0x90], 'hvc1', 'hvcC'), [config('hevc', 'hvcC')]],
    [
      'frames with a composition time',
      cat([0x91], 'hvc1', be(40, 3), 'nal'),
      [frames('hevc', 'nal', { compositionMs: 40 })],
    ],
    [
      'frames with a negative one',
      cat([0xa1], 'avc1', [0xff, 0xff, 0xff], 'nal'),
      [frames('avc', 'nal', { keyframe: false, compositionMs: -1 })],
    ],
    ['frames without one', cat([0x93], 'hvc1', 'nal'), [frames('hevc', 'nal')]],
    ['AV1, which has none', cat([0x91], 'av01', 'obu'), [frames('av1', 'obu')]],
    ['frames that are cut in it, which are nothing', cat([0x91], 'hvc1', [0, 0]), []],
    ['the end of a sequence, which is nothing', cat([0x92], 'hvc1'), []],
    ['metadata, which is nothing', cat([0x94], 'hvc1', 'amf'), []],
    ['a command, which is nothing', cat([0xd1, 0], 'hvc1'), []],
    ['half a FourCC, which is nothing', cat([0x91], 'hv'), []],
    [
      'frames behind a nanosecond offset',
      cat([0x97], [2], [1, 2, 3], [0x01], 'av01', 'obu'),
      [frames('av1', 'obu')],
    ],
  ])('%s', (_, payload, bodies) => {
    expect(shown(readVideoBodies(payload))).toEqual(bodies);
  });

  test.each([
    [
      'one track that has a number',
      cat([0x96, 0x01], 'hvc1', [5], be(40, 3), 'nal'),
      [frames('hevc', 'nal', { trackId: 5, compositionMs: 40 })],
    ],
    [
      'several tracks of one codec',
      cat([0x96, 0x13], 'avc1', [0], be(1, 3), 'a', [7], be(2, 3), 'bc'),
      [frames('avc', 'a'), frames('avc', 'bc', { trackId: 7 })],
    ],
    [
      'several tracks, each of its own codec',
      cat([0x96, 0x20], 'avc1', [0], be(4, 3), 'avcC', 'hvc1', [1], be(4, 3), 'hvcC'),
      [config('avc', 'avcC'), config('hevc', 'hvcC', { trackId: 1 })],
    ],
    [
      'the tracks that are whole',
      cat([0x96, 0x13], 'avc1', [0], be(1, 3), 'a', [7], be(20, 3), 'cut'),
      [frames('avc', 'a')],
    ],
    ['no track where its number is missing', cat([0x96, 0x01], 'hvc1'), []],
  ])('%s', (_, payload, bodies) => {
    expect(shown(readVideoBodies(payload))).toEqual(bodies);
  });

  test('no more tracks than anybody sends', () => {
    const tracks = Array.from({ length: 40 }, (_, id) => cat([id], be(1, 3), 'x'));
    expect(readVideoBodies(cat([0x96, 0x13], 'avc1', ...tracks))).toHaveLength(16);
  });
});

describe('an audio message brings', () => {
  test.each([
    ['an AAC configuration', cat([0xaf, 0], 'asc'), [config('aac', 'asc')]],
    ['AAC', cat([0xaf, 1], 'raw'), [frames('aac', 'raw')]],
    ['an AAC header that is cut off, which is nothing', cat([0xaf]), []],
    ['MP3', cat([0x2f], 'frame'), [frames('mp3', 'frame')]],
    ['a codec number that nobody uses', cat([0xc0], 'x'), [frames('unknown', 'x')]],
    ['no byte at all', Buffer.alloc(0), []],
    ['an enhanced configuration', cat([0x90], 'Opus', 'head'), [config('opus', 'head')]],
    ['enhanced frames', cat([0x91], 'fLaC', 'frame'), [frames('flac', 'frame')]],
    ['the end of a sequence, which is nothing', cat([0x92], 'Opus'), []],
    ['a description of channels, which is nothing', cat([0x94], 'Opus', [0, 2]), []],
    ['half a FourCC, which is nothing', cat([0x91], 'Op'), []],
    [
      'several tracks',
      cat([0x95, 0x21], 'mp4a', [0], be(1, 3), 'a', 'ac-3', [1], be(1, 3), 'b'),
      [frames('aac', 'a'), frames('ac3', 'b', { trackId: 1 })],
    ],
  ])('%s', (_, payload, bodies) => {
    expect(shown(readAudioBodies(payload))).toEqual(bodies);
  });
});

test('any message can be read, and what it brings is a part of it', () => {
  const start = fc.constantFrom(0x17, 0x27, 0x1c, 0x90, 0x91, 0x93, 0x95, 0x96, 0x97, 0xaf, 0x2f);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 64 }), (first, rest) => {
      const payload = cat([first], [...rest]);
      for (const { data } of [...readVideoBodies(payload), ...readAudioBodies(payload)]) {
        expect(data.buffer).toBe(payload.buffer);
        expect(data.length).toBeLessThan(payload.length);
      }
    }),
  );
});
