import fc from 'fast-check';
import type { MediaPacket } from '../../src/model/media.ts';
import { hex } from './bits.ts';
import * as t from './tracks.ts';
import { cat } from './wire.ts';

const BEGINNINGS: readonly Buffer[] = [
  ...[t.avcConfig(), t.aacConfig(), t.avcKeyframe(0), t.avcFrame(0), t.aacFrame(0)].map(
    ({ payload }) => payload,
  ),
  cat([0x90], 'hvc1', t.RECORDS.hevc),
  cat([0x93], 'hvc1'),
  cat([0x90], 'av01', t.RECORDS.av1),
  cat([0x91], 'av01'),
  cat([0x90], 'vp09', t.RECORDS.vp9),
  cat([0x91], 'vp09', hex('824983420014100b560838241c184a00')),
  cat([0x96, 0x13], 'avc1'),
  cat([0x95, 0x21], 'mp4a'),
  cat([0x90], 'Opus', t.RECORDS.opus),
  hex('2ffffb54c4'),
  Buffer.alloc(0),
];

/** First digits of audio alone. */
const AUDIO: ReadonlySet<number> = new Set([0x2, 0xa]);

/** What a publisher may send: packets that begin like real ones, cut anywhere, with noise behind, at any time. */
export const anyPackets: fc.Arbitrary<MediaPacket[]> = fc.array(
  fc
    .record({
      otherKind: fc.option(fc.constantFrom('audio' as const, 'video' as const, 'data' as const), { freq: 6 }),
      timestamp: fc.oneof(fc.nat(5_000), fc.nat(0xffffffff)),
      beginning: fc.constantFrom(...BEGINNINGS),
      kept: fc.option(fc.nat(60), { nil: 200, freq: 2 }),
      noise: fc.uint8Array({ maxLength: 24 }),
    })
    .map(({ otherKind, timestamp, beginning, kept, noise }) => ({
      kind: otherKind ?? (AUDIO.has((beginning[0] ?? 0) >> 4) ? 'audio' : 'video'),
      timestamp,
      payload: cat(beginning.subarray(0, kept), [...noise]),
      keyframe: false,
      headerSlot: undefined,
    })),
  { maxLength: 60 },
);
