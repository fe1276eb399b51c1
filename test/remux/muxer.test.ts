import fc from 'fast-check';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { describe, expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media.ts';
import { type Container, canHold, type Muxer, type Piece } from '../../src/remux/muxer.ts';
import type { TrackConfig, TrackSample } from '../../src/remux/track.ts';
import { TrackAssembler } from '../../src/remux/track-assembler.ts';
import { TrackReader } from '../../src/remux/track-reader.ts';
import { anyPackets } from '../support/any-packets.ts';
import { hex } from '../support/bits.ts';
import { fileOf, openMuxer } from '../support/muxed.ts';
import * as t from '../support/tracks.ts';
import { readTs } from '../support/ts-reader.ts';
import { be, cat } from '../support/wire.ts';

function tracksOf(...packets: readonly MediaPacket[]): TrackConfig[] {
  const reader = new TrackReader();
  return packets
    .flatMap((packet) => reader.read(packet))
    .flatMap((one) => (one.type === 'config' ? one.track : []));
}

const [AVC, AAC] = tracksOf(t.avcConfig(), t.aacConfig()) as [TrackConfig, TrackConfig];

/** A NAL unit behind its length. */
const nal = (name: string) => cat(be(name.length + 1, 4), [0x65], name);

const video = (name: string, dtsMs: number, compositionMs = 0, keyframe = false): TrackSample => ({
  track: AVC,
  data: nal(name),
  keyframe,
  dtsMs,
  ptsMs: dtsMs + compositionMs,
});
const audio = (name: string, dtsMs: number): TrackSample => ({
  track: AAC,
  data: cat(name),
  keyframe: true,
  dtsMs,
  ptsMs: dtsMs,
});

async function piecesOf(
  container: Container,
  cuts: readonly (readonly TrackSample[])[],
  originMs = 0,
): Promise<Piece[]> {
  const muxer = openMuxer(container, [AVC, AAC], originMs);
  const pieces: Piece[] = [];
  for (const samples of cuts) {
    for (const sample of samples) expect(muxer.add(sample)).toBe(true);
    const piece = await muxer.cut();
    if (piece) pieces.push(piece);
  }
  return pieces;
}

/** Packets of an MP4 file as mediabunny reads them: times in milliseconds. */
async function readMp4(bytes: Buffer, kind: 'video' | 'audio') {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
  const track = kind === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  if (!track) throw new Error(`no ${kind}`);
  const packets = [];
  for await (const { data, timestamp, type } of new EncodedPacketSink(track).packets()) {
    packets.push({ data: Buffer.from(data), ms: Math.round(timestamp * 1000), type });
  }
  return packets;
}

/** I P B B, twice. */
const GOP = (at: number) => [
  video('I', at, 80, true),
  audio('a', at + 3),
  video('P', at + 40, 160),
  video('B', at + 80, 40),
  audio('b', at + 90),
  video('b', at + 120, 40),
];

describe('a piece of MPEG-TS', () => {
  test('has pictures with decoding and presentation times, and sound, as they were published', async () => {
    const [piece] = await piecesOf('ts', [[...GOP(0), ...GOP(160)]]);
    const { streams, frames } = readTs(Buffer.from(piece?.bytes ?? []));
    expect([...streams.keys()]).toEqual([0x1b, 0x0f]);
    const start = 90 * 1000;
    const times = (id: number) =>
      frames
        .filter(({ streamId }) => streamId === id)
        .map(({ pts, dts }) => [(pts - start) / 90, (dts - start) / 90]);
    expect(times(0xe0)).toEqual([
      ...[
        [80, 0],
        [200, 40],
        [120, 80],
        [160, 120],
      ],
      ...[
        [240, 160],
        [360, 200],
        [280, 240],
        [320, 280],
      ],
    ]);
    expect(times(0xc0)).toEqual([
      [3, 3],
      [90, 90],
      [163, 163],
      [250, 250],
    ]);
  });

  test('has start codes and parameter sets before a keyframe, and ADTS before sound', async () => {
    const [piece] = await piecesOf('ts', [GOP(0)]);
    const { frames } = readTs(Buffer.from(piece?.bytes ?? []));
    const [key] = frames.filter(({ streamId }) => streamId === 0xe0);
    const nals = key?.data.toString('hex').split('00000001').slice(1) ?? [];
    expect(nals.map((one) => Number.parseInt(one.slice(0, 2), 16) & 0x1f)).toEqual([9, 7, 8, 5]);
    expect(nals.at(-1)).toBe(hex('65').toString('hex') + Buffer.from('I').toString('hex'));
    const [first] = frames.filter(({ streamId }) => streamId === 0xc0);
    // LC, index 3, two channels, eight bytes with the header.
    expect(first?.data).toEqual(cat(hex('fff14c8001 1ffc'), 'a'));
  });

  test('has clock references before what they are for, no more than a tenth of a second apart', async () => {
    const [piece] = await piecesOf('ts', [[...GOP(0), ...GOP(160), ...GOP(320)]]);
    const { streams, clockPid, clocks, frames } = readTs(Buffer.from(piece?.bytes ?? []));
    expect(clockPid).toBe(streams.get(0x1b));
    expect(clocks[0]?.frames).toBe(0);
    for (const [at, { pid, time, frames: before }] of clocks.entries()) {
      expect(pid).toBe(clockPid);
      expect(time).toBeLessThan(frames[before]?.dts ?? 0);
      expect(time - (clocks[at - 1]?.time ?? time)).toBeLessThanOrEqual(9000);
    }
    expect(clocks.length).toBeGreaterThan(5);
  });

  test('goes on where the one before ended, so that all of them are one stream', async () => {
    const muxer = openMuxer('ts', [AVC, AAC]);
    const making = [0, 160, 320, 480].map((at) => {
      for (const sample of GOP(at)) muxer.add(sample);
      return muxer.cut();
    });
    const pieces = await Promise.all(making);
    // The reader throws where a packet's number does not follow the one before.
    const { frames } = readTs(cat(...pieces.map((piece) => Buffer.from(piece?.bytes ?? []))));
    expect(frames).toHaveLength(4 * GOP(0).length);
  });

  test('of sound alone has its clock there', async () => {
    const muxer = openMuxer('ts', [AAC]);
    for (let at = 0; at < 10; at++) muxer.add(audio('s', at * 23));
    const piece = await muxer.cut();
    const { streams, clockPid, clocks } = readTs(Buffer.from(piece?.bytes ?? []));
    expect([...streams.entries()]).toEqual([[0x0f, clockPid]]);
    expect(clocks.length).toBeGreaterThanOrEqual(3);
  });

  test('never presents a picture before it is decoded', async () => {
    const [piece] = await piecesOf('ts', [[video('I', 100, 0, true), video('P', 140, -60)]]);
    const { frames } = readTs(Buffer.from(piece?.bytes ?? []));
    expect(frames.map(({ pts, dts }) => pts - dts)).toEqual([0, 0]);
  });

  test('starts again by itself after a cut', async () => {
    const pieces = await piecesOf('ts', [GOP(0), GOP(160)]);
    expect(pieces.map(({ init, startMs, endMs }) => ({ init, startMs, endMs }))).toEqual([
      { init: undefined, startMs: 3, endMs: 240 },
      { init: undefined, startMs: 163, endMs: 400 },
    ]);
    for (const { bytes } of pieces) expect(readTs(Buffer.from(bytes)).streams.size).toBe(2);
  });
});

describe('pieces of MP4', () => {
  test('have their head with the first one alone, and are a file with it', async () => {
    const pieces = await piecesOf('fmp4', [GOP(0), GOP(160)]);
    expect(pieces.map(({ init }) => init !== undefined)).toEqual([true, false]);
    const file = fileOf(pieces);
    expect(await readMp4(file, 'video')).toEqual([
      { data: nal('I'), ms: 80, type: 'key' },
      { data: nal('P'), ms: 200, type: 'delta' },
      { data: nal('B'), ms: 120, type: 'delta' },
      { data: nal('b'), ms: 160, type: 'delta' },
      { data: nal('I'), ms: 240, type: 'key' },
      { data: nal('P'), ms: 360, type: 'delta' },
      { data: nal('B'), ms: 280, type: 'delta' },
      { data: nal('b'), ms: 320, type: 'delta' },
    ]);
    expect((await readMp4(file, 'audio')).map(({ ms }) => ms)).toEqual([3, 90, 163, 250]);
  });

  test('begin where they are told to', async () => {
    const pieces = await piecesOf('fmp4', [GOP(3_600_000)], 3_600_000);
    expect((await readMp4(fileOf(pieces), 'video')).map(({ ms }) => ms)).toEqual([80, 200, 120, 160]);
    expect(pieces[0]).toMatchObject({ startMs: 3_600_003, endMs: 3_600_240 });
  });

  test('take times that make no sense as well as they can', async () => {
    const samples = [video('I', 100, 80, true), video('P', 140, 80), video('I', 150, -90, true)];
    const pieces = await piecesOf('fmp4', [samples]);
    expect((await readMp4(fileOf(pieces), 'video')).map(({ ms }) => ms)).toEqual([180, 220, 220]);
  });

  test('may lack a track in a piece', async () => {
    const pieces = await piecesOf('fmp4', [[video('I', 0, 0, true)], GOP(160)]);
    expect(await readMp4(fileOf(pieces), 'audio')).toHaveLength(2);
  });

  test.each([
    [
      'HEVC and Opus',
      [t.video(0, [0x90], 'hvc1', t.RECORDS.hevc), t.audio(0, [0x90], 'Opus', t.RECORDS.opus)],
    ],
    ['AV1 and FLAC', [t.video(0, [0x90], 'av01', t.RECORDS.av1), t.audio(0, [0x90], 'fLaC', t.RECORDS.flac)]],
    [
      'VP9 and MP3',
      [
        t.video(0, [0x90], 'vp09', t.RECORDS.vp9),
        t.video(0, [0x91], 'vp09', hex('824983420014100b560838241c184a00')),
        t.audio(0, [0x2f], hex('fffb54c400000970')),
      ],
    ],
    [
      'VP8 and AC-3',
      [
        t.video(0, [0x91], 'vp08', hex('3059009d012a4201b600000708858588')),
        t.audio(0, [0x91], 'ac-3', hex('0b77b50b1e40ebf8403eff99')),
      ],
    ],
  ])('hold %s', async (_, packets) => {
    const tracks = tracksOf(...packets);
    const muxer = openMuxer('fmp4', tracks);
    const frame = hex('0b77b50b1e40ebf8403eff99');
    for (const track of tracks) muxer.add({ track, data: frame, keyframe: true, dtsMs: 0, ptsMs: 0 });
    const piece = await muxer.cut();
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(fileOf(piece ? [piece] : [])) });
    expect((await input.getTracks()).map(({ codec }) => codec)).toEqual(tracks.map(({ codec }) => codec));
  });
});

describe('a muxer', () => {
  test('makes nothing of nothing', async () => {
    const muxer = openMuxer('ts', [AVC]);
    expect(await muxer.cut()).toBeUndefined();
    expect(muxer.size).toBe(0);
  });

  test('leaves out what is of another track, and what is too much for a piece', async () => {
    const muxer = openMuxer('fmp4', [AVC]);
    expect(muxer.add(audio('s', 0))).toBe(false);
    const large = { ...video('I', 0, 0, true), data: Buffer.alloc(40 * 1024 * 1024) };
    expect(muxer.add(large)).toBe(true);
    expect(muxer.add({ ...large, dtsMs: 40, ptsMs: 40 })).toBe(false);
    expect(muxer.size).toBe(large.data.length);
    const cut = muxer.cut();
    expect(muxer.add(large)).toBe(true);
    expect((await cut)?.bytes.length).toBeGreaterThan(large.data.length);
  });

  test('begins a piece with any picture if it has to', async () => {
    const pieces = await piecesOf('fmp4', [GOP(0), [video('P', 160), video('p', 200)]]);
    expect((await readMp4(fileOf(pieces), 'video')).slice(4)).toEqual([
      { data: nal('P'), ms: 160, type: 'key' },
      { data: nal('p'), ms: 200, type: 'delta' },
    ]);
  });

  test('says at the cut why a piece cannot be made, and goes on', async () => {
    if (AVC.kind !== 'video') throw new Error('not a picture');
    const track = { ...AVC, decoderConfig: { ...AVC.decoderConfig, description: hex('01') } };
    const muxer = openMuxer('ts', [track]);
    for (const at of [0, 40]) {
      expect(muxer.add({ ...video('I', at, 0, true), track })).toBe(true);
      await expect(muxer.cut()).rejects.toThrow();
    }
  });

  test('takes any bytes for samples: a piece is made, or the cut says why not', async () => {
    const samples = fc.record({
      isPicture: fc.boolean(),
      data: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ts' as const, 'fmp4' as const),
        fc.array(samples, { maxLength: 20 }),
        async (container, all) => {
          const muxer = openMuxer(container, [AVC, AAC]);
          for (const [at, { isPicture, data }] of all.entries()) {
            const sample = isPicture ? video('', at, 0, at % 5 === 0) : audio('', at);
            muxer.add({ ...sample, data });
          }
          const piece = await muxer.cut();
          expect(piece === undefined).toBe(all.length === 0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('takes every track that a reader announces, whatever its record says', async () => {
    const records = fc.constantFrom<[string, Buffer]>(
      ['avc1', t.RECORDS.avc],
      ['hvc1', t.RECORDS.hevc],
      ['av01', t.RECORDS.av1],
      ['vp09', t.RECORDS.vp9],
      ['mp4a', t.RECORDS.aac],
      ['Opus', t.RECORDS.opus],
      ['fLaC', t.RECORDS.flac],
    );
    const keyframes = t.video(0, [0x91], 'vp09', hex('824983420014100b560838241c184a00'));
    const flips = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 });
    let announced = 0;
    await fc.assert(
      fc.asyncProperty(records, flips, async ([fourCc, record], changes) => {
        const changed = Buffer.from(record);
        for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
        const packet = cat([0x90], fourCc, changed);
        const kind = ['mp4a', 'Opus', 'fLaC'].includes(fourCc) ? t.audio(0, packet) : t.video(0, packet);
        for (const track of tracksOf(kind, keyframes)) {
          announced += 1;
          for (const container of ['ts', 'fmp4'] as const) {
            if (!canHold(container, track)) continue;
            const muxer = openMuxer(container, [track]);
            muxer.add({ track, data: nal('I'), keyframe: true, dtsMs: 0, ptsMs: 0 });
            expect(await muxer.cut()).toBeDefined();
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(announced).toBeGreaterThan(50);
  });
});

test('whatever a publisher sends, each set of tracks of it can be muxed', async () => {
  let pieces = 0;
  await fc.assert(
    fc.asyncProperty(
      anyPackets,
      fc.constantFrom('ts' as const, 'fmp4' as const),
      async (packets, container) => {
        const muxers: Muxer[] = [];
        const assembler = new TrackAssembler({
          beginTracks: (tracks) =>
            muxers.push(
              openMuxer(
                container,
                tracks.filter((one) => canHold(container, one)),
              ),
            ),
          sample: (sample) => void muxers.at(-1)?.add(sample),
        });
        for (const packet of packets) assembler.write(packet);
        assembler.end();
        for (const muxer of muxers) if (await muxer.cut()) pieces += 1;
      },
    ),
  );
  expect(pieces).toBeGreaterThan(5);
});

test('MPEG-TS holds H.264 and HEVC, and sound that it has a way for', () => {
  const adtsless = t.aacConfig(hex('17802b0c10'));
  const tracks = tracksOf(
    t.avcConfig(),
    t.video(0, [0x96, 0x00], 'hvc1', [1], t.RECORDS.hevc),
    t.video(0, [0x96, 0x00], 'av01', [2], t.RECORDS.av1),
    t.aacConfig(),
    t.audio(0, [0x95, 0x01], 'ac-3', [1], hex('0b77b50b1e40ebf8403eff99')),
    t.audio(0, [0x95, 0x00], 'Opus', [2], t.RECORDS.opus),
    adtsless,
  );
  expect(tracks.map((track) => [track.codec, canHold('ts', track), canHold('fmp4', track)])).toEqual([
    ['avc', true, true],
    ['hevc', true, true],
    ['av1', false, true],
    ['aac', true, true],
    ['ac3', true, true],
    ['opus', false, true],
    ['aac', false, true],
  ]);
});
