import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media.ts';
import type { TrackEvent } from '../../src/remux/track.ts';
import { TrackReader } from '../../src/remux/track-reader.ts';
import { anyPackets } from '../support/any-packets.ts';
import { hex } from '../support/bits.ts';
import * as t from '../support/tracks.ts';
import { be } from '../support/wire.ts';

function readAll(...packets: readonly MediaPacket[]): { events: TrackEvent[]; leftOut: string[] } {
  const leftOut: string[] = [];
  const reader = new TrackReader((what) => leftOut.push(what));
  return { events: packets.flatMap((packet) => reader.read(packet)), leftOut };
}

/** One line for each event. */
function lines(...packets: readonly MediaPacket[]): string[] {
  return readAll(...packets).events.map((event) => {
    const track = event.type === 'config' ? event.track : event.sample.track;
    const name = `${track.kind[0]}${track.trackId}`;
    if (event.type === 'config') return `${name} ${track.decoderConfig.codec}`;
    const { data, keyframe, dtsMs, ptsMs } = event.sample;
    return `${name} ${Buffer.from(data).toString('latin1')} ${dtsMs}+${ptsMs - dtsMs}${keyframe ? ' key' : ''}`;
  });
}

const configOf = (...packets: readonly MediaPacket[]) =>
  readAll(...packets).events.flatMap((event) => (event.type === 'config' ? event.track : []));

describe('tracks', () => {
  test('have a configuration, then samples with decoding and presentation time', () => {
    expect(
      lines(
        t.avcConfig(),
        t.aacConfig(),
        t.avcKeyframe(1000, 'k', 80),
        t.aacFrame(1003, 's'),
        t.avcFrame(1040, 'f'),
      ),
    ).toEqual(['v0 avc1.64000d', 'a0 mp4a.40.2', 'v0 k 1000+80 key', 'a0 s 1003+0 key', 'v0 f 1040+0']);
  });

  test.each([
    [
      'AVC',
      [t.avcConfig()],
      { codec: 'avc', decoderConfig: { codec: 'avc1.64000d', codedWidth: 322, codedHeight: 182 } },
      t.RECORDS.avc,
    ],
    [
      'HEVC of before Enhanced RTMP',
      [t.video(0, [0x1c, 0, 0, 0, 0], t.RECORDS.hevc)],
      { codec: 'hevc', decoderConfig: { codec: 'hvc1.2.4.L60.90', codedWidth: 322 } },
      t.RECORDS.hevc,
    ],
    [
      'enhanced HEVC',
      [t.video(0, [0x90], 'hvc1', t.RECORDS.hevc)],
      { codec: 'hevc', decoderConfig: { codec: 'hvc1.2.4.L60.90', codedHeight: 182 } },
      t.RECORDS.hevc,
    ],
    [
      'AV1',
      [t.video(0, [0x90], 'av01', t.RECORDS.av1)],
      { codec: 'av1', decoderConfig: { codec: 'av01.0.00M.10', codedWidth: 320, codedHeight: 180 } },
      t.RECORDS.av1,
    ],
    [
      'AV1 whose size is in the keyframe',
      [
        t.video(0, [0x90], 'av01', t.RECORDS.av1.subarray(0, 4)),
        t.video(0, [0x91], 'av01', hex('1200'), t.RECORDS.av1.subarray(4)),
      ],
      { codec: 'av1', decoderConfig: { codec: 'av01.0.00M.10', codedWidth: 320, codedHeight: 180 } },
      t.RECORDS.av1.subarray(0, 4),
    ],
    [
      'VP9',
      [
        t.video(0, [0x90], 'vp09', t.RECORDS.vp9),
        t.video(0, [0x91], 'vp09', hex('824983420014100b560838241c184a00')),
      ],
      {
        codec: 'vp9',
        decoderConfig: { codec: 'vp09.00.11.08.01.02.02.02.00', codedWidth: 322, codedHeight: 182 },
      },
      undefined,
    ],
    [
      'VP8',
      [t.video(0, [0x91], 'vp08', hex('3059009d012a4201b600000708858588'))],
      { codec: 'vp8', decoderConfig: { codec: 'vp8', codedWidth: 322, codedHeight: 182 } },
      undefined,
    ],
    [
      'AAC',
      [t.aacConfig()],
      { codec: 'aac', decoderConfig: { codec: 'mp4a.40.2', sampleRate: 48_000, numberOfChannels: 2 } },
      t.RECORDS.aac,
    ],
    [
      'MP3',
      [t.audio(0, [0x2f], hex('fffb54c400000970'))],
      { codec: 'mp3', decoderConfig: { codec: 'mp3', sampleRate: 48_000, numberOfChannels: 1 } },
      undefined,
    ],
    [
      'Opus',
      [t.audio(0, [0x90], 'Opus', t.RECORDS.opus)],
      { codec: 'opus', decoderConfig: { codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 } },
      t.RECORDS.opus,
    ],
    [
      'FLAC',
      [t.audio(0, [0x90], 'fLaC', t.RECORDS.flac)],
      { codec: 'flac', decoderConfig: { codec: 'flac', sampleRate: 48_000, numberOfChannels: 1 } },
      t.RECORDS.flac,
    ],
    [
      'AC-3',
      [t.audio(0, [0x91], 'ac-3', hex('0b77b50b1e40ebf8403eff99'))],
      { codec: 'ac3', decoderConfig: { codec: 'ac-3', sampleRate: 48_000, numberOfChannels: 6 } },
      undefined,
    ],
    [
      'E-AC-3',
      [t.audio(0, [0x91], 'ec-3', hex('0b77037f3f87c00020f82000'))],
      { codec: 'eac3', decoderConfig: { codec: 'ec-3', sampleRate: 48_000, numberOfChannels: 6 } },
      undefined,
    ],
  ])('of %s have what a decoder needs', (_, packets, expected, description) => {
    const [track, ...more] = configOf(...packets);
    expect(more).toEqual([]);
    expect(track).toMatchObject({ ...expected, trackId: 0 });
    expect(track?.decoderConfig.description).toEqual(description && Uint8Array.from(description));
  });

  test('of enhanced multitrack are read apart', () => {
    expect(
      lines(
        t.avcConfig(),
        t.video(0, [0x96, 0x00], 'hvc1', [3], t.RECORDS.hevc),
        t.video(40, [0x96, 0x11], 'avc1', [0], be(4, 3), be(40, 3), 'k', [9], be(4, 3), be(0, 3), 'x'),
        t.video(40, [0x96, 0x03], 'hvc1', [3], 'h'),
      ),
    ).toEqual(['v0 avc1.64000d', 'v3 hvc1.2.4.L60.90', 'v0 k 40+40 key', 'v3 h 40+0 key']);
  });

  test('share the payloads of their packets', () => {
    const packet = t.aacFrame(0, 'sound');
    const { events } = readAll(t.aacConfig(), packet);
    const [, event] = events;
    expect(event?.type === 'sample' && event.sample.data.buffer === packet.payload.buffer).toBe(true);
  });
});

describe('a configuration', () => {
  test('that is sent again is no news', () => {
    expect(lines(t.avcConfig(), t.avcKeyframe(0, 'k'), t.avcConfig(), t.avcFrame(40, 'f'))).toEqual([
      'v0 avc1.64000d',
      'v0 k 0+0 key',
      'v0 f 40+0',
    ]);
  });

  test('that has changed is a new track for what follows', () => {
    expect(
      lines(
        t.avcConfig(),
        t.avcKeyframe(0, 'k'),
        t.avcConfig(t.RECORDS.avcInterlaced),
        t.avcKeyframe(40, 'l'),
      ),
    ).toEqual(['v0 avc1.64000d', 'v0 k 0+0 key', 'v0 avc1.f40015', 'v0 l 40+0 key']);
  });

  test('of another codec replaces the track', () => {
    expect(
      lines(t.avcConfig(), t.video(0, [0x90], 'hvc1', t.RECORDS.hevc), t.video(0, [0x93], 'hvc1', 'h')),
    ).toEqual(['v0 avc1.64000d', 'v0 hvc1.2.4.L60.90', 'v0 h 0+0 key']);
  });

  test('changes with the size of a VP8 keyframe, and with the rate of MP3', () => {
    const keyframe = (width: string) => t.video(0, [0x91], 'vp08', hex(`3059009d012a${width}b600`));
    expect(configOf(keyframe('4201'), keyframe('4201'), keyframe('8000'))).toMatchObject([
      { decoderConfig: { codedWidth: 322 } },
      { decoderConfig: { codedWidth: 128 } },
    ]);
    const frame = (header: string) => t.audio(0, [0x2f], hex(header));
    expect(
      configOf(frame('fffb9000'), frame('fffb9000'), frame('00000000'), frame('fffb9400'), frame('fffb94c0')),
    ).toMatchObject([
      { decoderConfig: { sampleRate: 44_100 } },
      { decoderConfig: { sampleRate: 48_000 } },
      { decoderConfig: { numberOfChannels: 1 } },
    ]);
  });

  test('has a time that says nothing', () => {
    expect(
      lines(t.avcConfig(t.RECORDS.avc, 0), t.avcKeyframe(7000, 'k'), t.aacConfig(), t.aacFrame(7001, 's')),
    ).toEqual(['v0 avc1.64000d', 'v0 k 7000+0 key', 'a0 mp4a.40.2', 'a0 s 7001+0 key']);
  });
});

describe('what cannot be read', () => {
  test('is said once, and left out', () => {
    const { events, leftOut } = readAll(
      t.video(0, [0x24], 'vp6'),
      t.video(40, [0x24], 'vp6'),
      t.audio(0, [0xb0], 'speex'),
      t.video(0, [0x93], 'vvc1', 'x'),
      t.avcFrame(80),
      t.video(0, [0x90], 'hvc1', 'no record'),
      t.video(0, [0x93], 'hvc1', 'frame'),
      t.aacConfig(hex('0d90')),
      t.aacFrame(0),
    );
    expect(events).toEqual([]);
    expect(leftOut).toEqual([
      'video in vp6, which cannot be put into a file',
      'audio in speex, which cannot be put into a file',
      'video in vvc, which cannot be put into a file',
      'avc without configuration',
      'hevc whose configuration cannot be used',
      'aac whose configuration cannot be used',
    ]);
  });

  test('metadata and empty frames bring nothing', () => {
    const metadata = { ...t.aacFrame(0), kind: 'data' } as const;
    expect(lines(t.aacConfig(), metadata, t.aacFrame(0, ''), t.avcConfig(Buffer.alloc(0)))).toEqual([
      'a0 mp4a.40.2',
    ]);
  });

  test('is bounded: tracks, and what is said of it', () => {
    const tracks = Array.from({ length: 40 }, (_, id) =>
      t.audio(0, [0x95, 0x00], 'mp4a', [id], t.RECORDS.aac),
    );
    const { events, leftOut } = readAll(...tracks);
    expect(events).toHaveLength(8);
    expect(leftOut).toEqual(['tracks beside the first 8']);
    const codecs = Array.from({ length: 90 }, (_, at) => t.audio(0, [0x91], `x${at + 100}`, 'frame'));
    expect(readAll(...codecs).leftOut).toHaveLength(16);
  });
});

test('samples of a track are never before the one that came first', () => {
  expect(lines(t.aacConfig(), t.aacFrame(100, 'a'), t.aacFrame(90, 'b'), t.aacFrame(123, 'c'))).toEqual([
    'a0 mp4a.40.2',
    'a0 a 100+0 key',
    'a0 b 100+0 key',
    'a0 c 123+0 key',
  ]);
});

test('any packets are read without an error, and each track\u2019s times go up', () => {
  fc.assert(
    fc.property(anyPackets, (packets) => {
      const reader = new TrackReader();
      const last = new Map<string, number>();
      for (const event of packets.flatMap((packet) => reader.read(packet))) {
        if (event.type === 'config') continue;
        const { track, dtsMs } = event.sample;
        const name = `${track.kind}${track.trackId}`;
        expect(dtsMs).toBeGreaterThanOrEqual(last.get(name) ?? 0);
        last.set(name, dtsMs);
      }
      expect(last.size).toBeLessThanOrEqual(8);
    }),
  );
});
