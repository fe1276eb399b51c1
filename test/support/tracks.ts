import type { MediaPacket } from '../../src/model/media.ts';
import { hex } from './bits.ts';
import { be, cat } from './wire.ts';

type Part = Buffer | string | readonly number[];

/** Decoder configurations of real encoders. */
export const RECORDS = {
  /** x264, 322x182. */
  avc: hex(
    '0164000dffe1001a6764000dacd941519e226c0440000003004000000c83c50a65800100' + '0668ebe3cb22c0fdf8f800',
  ),
  /** x264, interlaced, 322x182. */
  avcInterlaced: hex(
    '01f40015ffe1001b67f40015919b282a678f9b011000000300100000030321f142996001000668fba3c44844fff8f800',
  ),
  /** x265 of 10 bits, 322x182. */
  hevc: hex(
    '0102200000009000000000003cf000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003003c959809' +
      'a10001002c42010102200000030090000003000003003ca00a480b9c94d96566924caf016808000003000800000300c840' +
      'a2000100074401c172b46240',
  ),
  /** SVT-AV1 of 10 bits, 320x180. */
  av1: hex('81004c000a0b000000043cfecc02f84040'),
  vp9: hex('01000000000b820202020000'),
  /** ffmpeg, LC, 48 kHz stereo. */
  aac: hex('119056e500'),
  opus: hex('4f707573486561640102380180bb0000000000'),
  flac: hex('664c614300000022120012000001060004ff0bb800f0000038407044de84a8b56e9e558a37d978aff114'),
} as const;

const packet = (kind: 'audio' | 'video', timestamp: number, payload: Buffer): MediaPacket => ({
  kind,
  timestamp,
  payload,
  keyframe: false,
  headerSlot: undefined,
});

export const video = (timestamp: number, ...parts: readonly Part[]): MediaPacket =>
  packet('video', timestamp, cat(...parts));
export const audio = (timestamp: number, ...parts: readonly Part[]): MediaPacket =>
  packet('audio', timestamp, cat(...parts));

export const avcConfig = (record: Buffer = RECORDS.avc, timestamp = 0): MediaPacket =>
  video(timestamp, [0x17, 0, 0, 0, 0], record);
export const avcKeyframe = (timestamp: number, data = 'key', compositionMs = 0): MediaPacket =>
  video(timestamp, [0x17, 1], be(compositionMs, 3), data);
export const avcFrame = (timestamp: number, data = 'inter', compositionMs = 0): MediaPacket =>
  video(timestamp, [0x27, 1], be(compositionMs, 3), data);
export const aacConfig = (record: Buffer = RECORDS.aac, timestamp = 0): MediaPacket =>
  audio(timestamp, [0xaf, 0], record);
export const aacFrame = (timestamp: number, data = 'sound'): MediaPacket => audio(timestamp, [0xaf, 1], data);
