import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkDecoder } from '../../../src/protocol/rtmp/chunk-decoder.ts';
import { chunkedSize, encodeMessage, writeChunked } from '../../../src/protocol/rtmp/chunk-encoder.ts';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.ts';
import { message, pattern, setChunkSize } from '../../support/wire.ts';

const audio = (fields: Partial<RtmpMessage>): RtmpMessage => ({
  csid: 4,
  type: 8,
  streamId: 1,
  timestamp: 0,
  payload: Buffer.alloc(0),
  ...fields,
});

test.each([
  ['an empty message', {}, 128],
  ['a short message', { payload: Buffer.from('abc') }, 128],
  ['a message of exactly one chunk', { payload: pattern(128) }, 128],
  ['a message of one byte more', { payload: pattern(129) }, 128],
  [
    'a long message',
    { csid: 63, type: 9, streamId: 0x01020304, timestamp: 0x0a0b0c, payload: pattern(1000) },
    100,
  ],
  ['the last timestamp without the extended field', { timestamp: 0xfffffe, payload: pattern(300) }, 128],
  ['the first with it', { timestamp: 0xffffff, payload: pattern(300) }, 128],
  ['the last timestamp of all', { timestamp: 0xffffffff, payload: pattern(300) }, 128],
])('%s is chunked as the specification says', (_, fields, chunkSize) => {
  const encoded = encodeMessage(audio(fields), chunkSize);
  expect(encoded.equals(message(fields, chunkSize))).toBe(true);
});

test('messages are written one behind the other', () => {
  const [first, second] = [
    audio({ payload: pattern(300) }),
    audio({ csid: 6, type: 9, payload: pattern(10) }),
  ];
  const target = Buffer.alloc(chunkedSize(300, 0, 128) + chunkedSize(10, 0, 128));
  const middle = writeChunked(target, 0, first, first.payload, 128);
  expect(writeChunked(target, middle, second, second.payload, 128)).toBe(target.length);
  expect(target.equals(Buffer.concat([message(first), message(second)]))).toBe(true);
});

test('a target that is too short is not written to', () => {
  const target = Buffer.alloc(chunkedSize(3, 0, 128) - 1);
  expect(() => writeChunked(target, 0, audio({}), Buffer.from('abc'), 128)).toThrow(RangeError);
  expect(target.every((byte) => byte === 0)).toBe(true);
});

test.each([0, 1, 64])('chunk stream id %d does not fit the one-byte form', (csid) => {
  expect(() => encodeMessage(audio({ csid }), 128)).toThrow(RangeError);
});

test('what is encoded decodes to the same', () => {
  const fields = fc.record({
    csid: fc.integer({ min: 2, max: 63 }),
    type: fc.constantFrom(8, 9, 18, 20),
    streamId: fc.nat(0x7fffffff),
    timestamp: fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xfffff0, max: 0xffffffff })),
    payload: fc.uint8Array({ maxLength: 1000 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fields, fc.integer({ min: 1, max: 1200 }), (one, chunkSize) => {
      const encoded = encodeMessage(one, chunkSize);
      expect(encoded.length).toBe(chunkedSize(one.payload.length, one.timestamp, chunkSize));
      const decoder = new ChunkDecoder();
      decoder.push(setChunkSize(chunkSize));
      decoder.push(encoded);
      expect(decoder.next()).toEqual(one);
      expect(decoder.buffered).toBe(0);
    }),
  );
});
