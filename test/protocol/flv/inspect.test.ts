import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspectAudio } from '../../../src/protocol/flv/audio.ts';
import { inspectVideo } from '../../../src/protocol/flv/video.ts';
import { be, cat } from '../../support/wire.ts';

const NO_VIDEO = { codec: 'unknown', keyframe: false, sequenceHeader: false, trackId: 0 };
const NO_AUDIO = { codec: 'unknown', sequenceHeader: false, channelConfig: false, trackId: 0 };

/** One ModEx prefix (Enhanced RTMP v2): its data, then a byte of ModEx type and next packet type. */
const modEx = (size: number, next: number): Buffer =>
  cat(size < 256 ? be(size - 1, 1) : cat([0xff], be(size - 1, 2)), Buffer.alloc(size, 0x55), [next]);

describe('a video message', () => {
  test.each([
    ['AVC sequence header', [0x17, 0, 0, 0, 0], { codec: 'avc', keyframe: false, sequenceHeader: true }],
    ['AVC keyframe', [0x17, 1, 0, 0, 0], { codec: 'avc', keyframe: true, sequenceHeader: false }],
    ['AVC inter frame', [0x27, 1, 0, 0, 0], { codec: 'avc', keyframe: false, sequenceHeader: false }],
    ['AVC end of sequence', [0x17, 2, 0, 0, 0], { codec: 'avc', keyframe: false, sequenceHeader: false }],
    ['AVC cut after its first byte', [0x17], { codec: 'avc', keyframe: false, sequenceHeader: false }],
    [
      'HEVC sequence header of before Enhanced RTMP',
      [0x1c, 0],
      { codec: 'hevc', keyframe: false, sequenceHeader: true },
    ],
    [
      'HEVC keyframe of before Enhanced RTMP',
      [0x1c, 1],
      { codec: 'hevc', keyframe: true, sequenceHeader: false },
    ],
    [
      'AV1 keyframe of before Enhanced RTMP',
      [0x1d, 1],
      { codec: 'av1', keyframe: true, sequenceHeader: false },
    ],
    ['H.263 keyframe', [0x12, 9], { codec: 'h263', keyframe: true, sequenceHeader: false }],
    ['VP6 inter frame', [0x24, 0], { codec: 'vp6', keyframe: false, sequenceHeader: false }],
    ['screen video keyframe', [0x13], { codec: 'screen', keyframe: true, sequenceHeader: false }],
    ['seek command', [0x57, 0], { codec: 'avc', keyframe: false, sequenceHeader: false }],
    ['codec number that nobody uses', [0x1f, 0], { codec: 'unknown', keyframe: true, sequenceHeader: false }],
  ])('is a legacy %s', (_, bytes, expected) => {
    expect(inspectVideo(Buffer.from(bytes))).toEqual({ ...expected, trackId: 0 });
  });

  test.each([
    ['avc1', 'avc'],
    ['hvc1', 'hevc'],
    ['av01', 'av1'],
    ['vp08', 'vp8'],
    ['vp09', 'vp9'],
    ['vvc1', 'vvc'],
    ['xyz9', 'xyz9'],
    ['a\nb\0', 'unknown'],
  ])('of FourCC %j is %s', (fourCc, codec) => {
    expect(inspectVideo(cat([0x91], fourCc, 'data')).codec).toBe(codec);
  });

  test.each([
    ['SequenceStart', 0x90, false, true],
    ['CodedFrames of a keyframe', 0x91, true, false],
    ['CodedFrames of an inter frame', 0xa1, false, false],
    ['SequenceEnd', 0x92, false, false],
    ['CodedFramesX of a keyframe', 0x93, true, false],
    ['CodedFramesX of an inter frame', 0xa3, false, false],
    ['Metadata', 0x94, false, false],
    ['MPEG2TSSequenceStart', 0x95, false, true],
    ['a packet type of the future', 0x9e, false, false],
  ])('is an enhanced %s', (_, first, keyframe, sequenceHeader) => {
    expect(inspectVideo(cat([first], 'hvc1'))).toEqual({
      codec: 'hevc',
      keyframe,
      sequenceHeader,
      trackId: 0,
    });
  });

  test('is nothing when it is an enhanced command', () => {
    expect(inspectVideo(cat([0xd1, 0], 'hvc1'))).toEqual(NO_VIDEO);
  });

  test.each([
    ['one track', 0x01],
    ['many tracks', 0x11],
    ['many tracks of many codecs', 0x21],
  ])('of %s tells of the first', (_, kinds) => {
    const payload = cat([0x96, kinds], 'av01', [3, 0, 0, 1, 0xff]);
    expect(inspectVideo(payload)).toEqual({
      codec: 'av1',
      keyframe: true,
      sequenceHeader: false,
      trackId: 3,
    });
  });

  test('of several tracks may be a sequence header', () => {
    expect(inspectVideo(cat([0x96, 0x00], 'hvc1', [1]))).toMatchObject({
      sequenceHeader: true,
      keyframe: false,
      trackId: 1,
    });
  });

  test.each([1, 3, 255, 256, 300, 65_536])('may have a ModEx of %d bytes before it', (size) => {
    const payload = cat([0x97], modEx(size, 0x01), 'hvc1');
    expect(inspectVideo(payload)).toEqual({
      codec: 'hevc',
      keyframe: true,
      sequenceHeader: false,
      trackId: 0,
    });
  });

  test('may have several ModEx, and several tracks behind them', () => {
    const payload = cat([0x97], modEx(3, 0x07), modEx(2, 0x06), [0x10], 'avc1', [2]);
    expect(inspectVideo(payload)).toEqual({
      codec: 'avc',
      keyframe: false,
      sequenceHeader: true,
      trackId: 2,
    });
  });

  test('with more ModEx than any encoder sends is nothing', () => {
    const chain = (count: number) =>
      cat([0x97], ...Array.from({ length: count - 1 }, () => modEx(1, 0x07)), modEx(1, 0x01), 'hvc1');
    expect(inspectVideo(chain(16)).codec).toBe('hevc');
    expect(inspectVideo(chain(17))).toEqual(NO_VIDEO);
  });

  test('with tracks within tracks is nothing', () => {
    expect(inspectVideo(cat([0x96, 0x06], 'hvc1'))).toEqual(NO_VIDEO);
  });

  test.each([
    ['plain', cat([0x91], 'hvc1')],
    ['multitrack', cat([0x96, 0x01], 'hvc1')],
    ['ModEx', cat([0x97], modEx(3, 0x01), 'hvc1')],
    ['long ModEx', cat([0x97], modEx(300, 0x01), 'hvc1')],
  ])('cut anywhere in its enhanced header is nothing (%s)', (_, payload) => {
    for (let end = 0; end < payload.length; end++)
      expect(inspectVideo(payload.subarray(0, end))).toEqual(NO_VIDEO);
    expect(inspectVideo(payload).codec).toBe('hevc');
  });
});

describe('an audio message', () => {
  test.each([
    ['AAC sequence header', [0xaf, 0], { codec: 'aac', sequenceHeader: true }],
    ['AAC frame', [0xaf, 1], { codec: 'aac', sequenceHeader: false }],
    ['AAC cut after its first byte', [0xaf], { codec: 'aac', sequenceHeader: false }],
    ['MP3 frame', [0x2f, 0], { codec: 'mp3', sequenceHeader: false }],
    ['PCM block', [0x3f, 0], { codec: 'pcm', sequenceHeader: false }],
    ['G.711 A-law block', [0x7e, 0], { codec: 'pcma', sequenceHeader: false }],
    ['Speex frame', [0xb6, 0], { codec: 'speex', sequenceHeader: false }],
    ['reserved format', [0xc0, 0], { codec: 'unknown', sequenceHeader: false }],
  ])('is a legacy %s', (_, bytes, expected) => {
    expect(inspectAudio(Buffer.from(bytes))).toEqual({ ...expected, channelConfig: false, trackId: 0 });
  });

  test.each([
    ['Opus', 'opus'],
    ['fLaC', 'flac'],
    ['ac-3', 'ac3'],
    ['ec-3', 'eac3'],
    ['.mp3', 'mp3'],
    ['mp4a', 'aac'],
    ['zzzz', 'zzzz'],
  ])('of FourCC %s is %s', (fourCc, codec) => {
    expect(inspectAudio(cat([0x91], fourCc, 'data')).codec).toBe(codec);
  });

  test.each([
    ['SequenceStart', 0x90, true, false],
    ['CodedFrames', 0x91, false, false],
    ['SequenceEnd', 0x92, false, false],
    ['MultichannelConfig', 0x94, true, true],
  ])('is an enhanced %s', (_, first, sequenceHeader, channelConfig) => {
    expect(inspectAudio(cat([first], 'Opus'))).toEqual({
      codec: 'opus',
      sequenceHeader,
      channelConfig,
      trackId: 0,
    });
  });

  test('of several tracks tells of the first', () => {
    expect(inspectAudio(cat([0x95, 0x10], 'mp4a', [2, 0, 0, 1, 0]))).toEqual({
      codec: 'aac',
      sequenceHeader: true,
      channelConfig: false,
      trackId: 2,
    });
  });

  test('may have a ModEx before it', () => {
    expect(inspectAudio(cat([0x97], modEx(3, 0x01), 'Opus')).codec).toBe('opus');
  });

  test('that is empty or cut is nothing', () => {
    for (const bytes of ['', '\x91', '\x91Opu'])
      expect(inspectAudio(Buffer.from(bytes, 'latin1'))).toEqual(NO_AUDIO);
  });
});

test('no bytes make the inspectors throw', () => {
  const first = fc.constantFrom(0x17, 0x90, 0x95, 0x96, 0x97, 0xd1, 0xaf, 0xff);
  fc.assert(
    fc.property(first, fc.uint8Array({ maxLength: 40 }), (start, rest) => {
      const payload = cat([start], Buffer.from(rest));
      const video = inspectVideo(payload);
      expect(video.keyframe && video.sequenceHeader).toBe(false);
      expect(inspectAudio(payload).codec).toMatch(/^[\x21-\x7e]+$/);
    }),
    { numRuns: 1000 },
  );
});
