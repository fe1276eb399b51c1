import { expect, test } from 'vitest';
import { describeAudio, describeVideo } from '../../src/stats/describe-media.ts';

test.each([
  ['avc', 'avc1.64001f', 'H264', 'High', '3.1'],
  ['avc', 'avc1.42c028', 'H264', 'Baseline', '4'],
  ['avc', 'avc1.4d401e', 'H264', 'Main', '3'],
  ['avc', 'avc1.ff001e', 'H264', '255', '3'],
  ['hevc', 'hvc1.1.6.L93.B0', 'HEVC', 'Main', '3.1'],
  ['hevc', 'hvc1.2.4.H150.90', 'HEVC', 'Main10', '5'],
  ['av1', 'av01.0.04M.08', 'AV1', 'Main', '3.0'],
  ['av1', 'av01.0.13H.10', 'AV1', 'Main', '5.1'],
  ['vp9', 'vp09.00.10.08', 'VP9', '', ''],
] as const)('%s %s is %s %s %s', (codec, text, name, profile, level) => {
  expect(describeVideo(codec, { codec: text, codedWidth: 640, codedHeight: 360 })).toEqual({
    codec: name,
    profile,
    level,
    width: 640,
    height: 360,
  });
});

test.each([
  ['aac', 'mp4a.40.2', 'AAC', 'LC'],
  ['aac', 'mp4a.40.5', 'AAC', 'HE'],
  ['aac', 'mp4a.40.29', 'AAC', 'HEv2'],
  ['aac', 'mp4a.40.42', 'AAC', '42'],
  ['mp3', 'mp3', 'MP3', ''],
  ['opus', 'opus', 'Opus', ''],
] as const)('%s %s is %s %s', (codec, text, name, profile) => {
  expect(describeAudio(codec, { codec: text, sampleRate: 48_000, numberOfChannels: 2 })).toEqual({
    codec: name,
    profile,
    sampleRate: 48_000,
    channels: 2,
  });
});
