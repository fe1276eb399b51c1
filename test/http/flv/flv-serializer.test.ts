import { describe, expect, test } from 'vitest';
import { CHUNKED, flvSerializer, PLAIN, WEBSOCKET } from '../../../src/http/flv/flv-serializer.ts';
import type { MediaPacket } from '../../../src/model/media.ts';
import { serializeAll } from '../../../src/streams/sink.ts';
import { readFrames } from '../../support/web-viewer.ts';
import { be, cat, pattern } from '../../support/wire.ts';

const packet = (kind: MediaPacket['kind'], timestamp: number, payload: Buffer): MediaPacket => {
  return { kind, timestamp, payload, keyframe: false, headerSlot: undefined };
};

/** A tag, field by field (FLV E.4.1). */
const tag = (type: number, timestamp: number, payload: Buffer): Buffer =>
  cat(
    [type],
    be(payload.length, 3),
    be(timestamp % 0x1000000, 3),
    be(Math.floor(timestamp / 0x1000000), 1),
    [0, 0, 0],
    payload,
    be(11 + payload.length, 4),
  );

const PACKETS = [
  packet('data', 0, Buffer.from('onMetaData')),
  packet('video', 16_777_216, pattern(300, 1)),
  packet('audio', 4_294_967_295, pattern(70_000, 2)),
];
const TAGS = [
  tag(18, 0, Buffer.from('onMetaData')),
  tag(9, 16_777_216, pattern(300, 1)),
  tag(8, 4_294_967_295, pattern(70_000, 2)),
];

test('each packet is a tag', () => {
  const serializer = flvSerializer({ framing: PLAIN, audio: true, video: true });
  expect(serializeAll(serializer, PACKETS).equals(cat(...TAGS))).toBe(true);
});

test('over WebSocket each tag is a message', () => {
  const serializer = flvSerializer({ framing: WEBSOCKET, audio: true, video: true });
  const { frames, rest } = readFrames(serializeAll(serializer, PACKETS));
  expect(rest).toHaveLength(0);
  expect(frames.map(({ opcode }) => opcode)).toEqual([2, 2, 2]);
  expect(frames.map(({ payload }) => payload.toString('hex'))).toEqual(
    TAGS.map((bytes) => bytes.toString('hex')),
  );
});

test('over HTTP/1.1 each tag is a chunk', () => {
  const serializer = flvSerializer({ framing: CHUNKED, audio: true, video: true });
  const sizes = ['000019', '00013b', '01117f'];
  const chunks = TAGS.map((bytes, index) => cat(`${sizes[index]}\r\n`, bytes, '\r\n'));
  expect(serializeAll(serializer, PACKETS).equals(cat(...chunks))).toBe(true);
});

test('metadata say the time of the beginning, whenever they come', () => {
  const serializer = flvSerializer({ framing: PLAIN, audio: true, video: true });
  const metadata = { ...packet('data', 4_000, Buffer.from('onMetaData')), headerSlot: 'metadata' };
  const bytes = serializeAll(serializer, [metadata, packet('data', 4_000, Buffer.from('onCuePoint'))]);
  expect(
    bytes.equals(cat(tag(18, 0, Buffer.from('onMetaData')), tag(18, 4_000, Buffer.from('onCuePoint')))),
  ).toBe(true);
});

describe('what is not wanted is left out', () => {
  test.each([
    ['sound', { audio: false, video: true }, [0, 1]],
    ['picture', { audio: true, video: false }, [0, 2]],
  ])('%s', (_what, kinds, left) => {
    const serializer = flvSerializer({ framing: PLAIN, ...kinds });
    expect(serializeAll(serializer, PACKETS).equals(cat(...left.map((index) => TAGS[index] ?? '')))).toBe(
      true,
    );
  });

  test('and only viewers of the same kinds and the same framing share bytes', () => {
    const ids = [PLAIN, CHUNKED, WEBSOCKET].flatMap((framing) =>
      [true, false].flatMap((audio) =>
        [true, false].map((video) => flvSerializer({ framing, audio, video }).id),
      ),
    );
    expect(new Set(ids).size).toBe(12);
  });
});
