import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import { ChunkDecoder, type ChunkLimits } from '../../../src/protocol/rtmp/chunk-decoder.ts';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.ts';
import {
  abort,
  basicHeader,
  be,
  cat,
  chunk,
  message,
  pattern,
  pieces,
  setChunkSize,
  type WireMessage,
} from '../../support/wire.ts';

const drain = (decoder: ChunkDecoder): RtmpMessage[] => {
  const messages: RtmpMessage[] = [];
  for (let next = decoder.next(); next; next = decoder.next()) messages.push(next);
  return messages;
};

function decodePieces(parts: readonly Buffer[], limits?: Partial<ChunkLimits>): RtmpMessage[] {
  const decoder = new ChunkDecoder(limits);
  return parts.flatMap((part) => {
    decoder.push(part);
    return drain(decoder);
  });
}

const decode = (bytes: Buffer, limits?: Partial<ChunkLimits>): RtmpMessage[] => decodePieces([bytes], limits);

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

const expected = ({
  csid = 4,
  type = 8,
  streamId = 1,
  timestamp = 0,
  payload = '',
}: WireMessage): RtmpMessage => ({
  csid,
  type,
  streamId,
  timestamp,
  payload: Buffer.from(payload as string),
});

const times = (messages: readonly RtmpMessage[]): number[] => messages.map(({ timestamp }) => timestamp);
const texts = (messages: readonly RtmpMessage[]): string[] =>
  messages.map(({ payload }) => payload.toString());

describe('chunks become messages', () => {
  test('one chunk is one message with every field of its header', () => {
    const fields = { csid: 6, type: 9, streamId: 0x01020304, timestamp: 0x0a0b0c, payload: 'abc' };
    expect(decode(message(fields))).toEqual([expected(fields)]);
  });

  test('a stream id uses all 32 bits', () => {
    expect(decode(message({ streamId: 0xfffffffe }))[0]?.streamId).toBe(0xfffffffe);
  });

  test('a message longer than a chunk is put together', () => {
    const fields = { payload: pattern(1000) };
    expect(decode(message(fields))).toEqual([expected(fields)]);
  });

  test.each([127, 128, 129, 255, 256, 257])('%d bytes end where they should', (length) => {
    const fields = { payload: pattern(length) };
    expect(decode(cat(message(fields), message({ payload: 'next' })))).toEqual([
      expected(fields),
      expected({ payload: 'next' }),
    ]);
  });

  test('an empty message is delivered at once', () => {
    expect(decode(message({ type: 20 }))).toEqual([expected({ type: 20 })]);
  });

  test('a message longer than what is reserved at first arrives whole', () => {
    const payload = pattern(300_001);
    const bytes = cat(setChunkSize(65_536), message({ payload }, 65_536));
    const messages = decodePieces(pieces(bytes, [100, 70_000, 70_001, 200_000, 299_000]));
    expect(messages[0]?.payload.equals(payload)).toBe(true);
    expect(messages).toHaveLength(1);
  });

  test('messages on several chunk streams may interleave', () => {
    const video = pattern(300);
    const parts = [
      chunk({ fmt: 0, csid: 6, type: 9, time: 40, length: 300, data: video.subarray(0, 128) }),
      chunk({ fmt: 0, csid: 4, type: 8, time: 41, length: 3, data: 'abc' }),
      chunk({ fmt: 3, csid: 6, data: video.subarray(128, 256) }),
      chunk({ fmt: 1, csid: 4, type: 8, time: 1, length: 2, data: 'de' }),
      chunk({ fmt: 3, csid: 6, data: video.subarray(256) }),
    ];
    expect(decode(cat(...parts))).toEqual([
      expected({ timestamp: 41, payload: 'abc' }),
      expected({ timestamp: 42, payload: 'de' }),
      expected({ csid: 6, type: 9, timestamp: 40, payload: video }),
    ]);
  });

  test('a payload is not a view of what was pushed', () => {
    const bytes = message({ payload: 'abc' });
    const [first] = decode(bytes);
    bytes.fill(0);
    expect(first?.payload.toString()).toBe('abc');
  });

  test('short audio and video payloads share memory, other messages have their own', () => {
    const of = (type: number) =>
      decode(cat(message({ type, payload: 'a' }), message({ type, payload: 'b' })));
    const memory = (type: number) => new Set(of(type).map(({ payload }) => payload.buffer)).size;
    expect([8, 9].map(memory)).toEqual([1, 1]);
    const [media, command] = decode(cat(message({ type: 8 }), message({ type: 20, payload: 'x' })));
    expect(media?.payload.buffer).not.toBe(command?.payload.buffer);
  });

  test('bytes that were lent may change once the decoder was told to keep what is left', () => {
    const bytes = cat(message({ payload: 'first' }), message({ payload: 'second' }));
    const decoder = new ChunkDecoder();
    const heard: RtmpMessage[] = [];
    for (const part of pieces(bytes, [3, 14, 20, 25])) {
      decoder.push(part);
      heard.push(...drain(decoder));
      decoder.keep();
      part.fill(0xff);
    }
    expect(texts(heard)).toEqual(['first', 'second']);
  });

  test('a caller may stop between messages and go on later', () => {
    const decoder = new ChunkDecoder();
    const second = message({ payload: 'b' });
    decoder.push(cat(message({ payload: 'a' }), second));
    expect(decoder.next()?.payload.toString()).toBe('a');
    expect(decoder.buffered).toBe(second.length);
    expect(decoder.next()?.payload.toString()).toBe('b');
    expect([decoder.buffered, decoder.next()]).toEqual([0, undefined]);
  });

  test('a header is left alone until all of it is there', () => {
    const decoder = new ChunkDecoder();
    const bytes = message({ csid: 400, timestamp: 0x01000000, payload: 'a' });
    const header = bytes.length - 1;
    for (let i = 0; i < header - 1; i++) {
      decoder.push(bytes.subarray(i, i + 1));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.buffered).toBe(i + 1);
    }
    decoder.push(bytes.subarray(header - 1));
    expect(drain(decoder)).toHaveLength(1);
  });
});

describe('chunk stream ids', () => {
  test.each([2, 3, 63, 64, 65, 319, 320, 321, 576, 65_599])('%d is read', (csid) => {
    const payload = pattern(200);
    expect(decode(message({ csid, payload }))).toEqual([expected({ csid, payload })]);
  });

  test('the two-byte and three-byte forms name the same chunk stream', () => {
    const bytes = cat(
      chunk({ fmt: 0, csid: 70, form: 2, time: 5, length: 1, data: 'a' }),
      chunk({ fmt: 3, csid: 70, form: 3, data: 'b' }),
    );
    expect(decode(bytes)).toEqual([
      expected({ csid: 70, timestamp: 5, payload: 'a' }),
      expected({ csid: 70, timestamp: 10, payload: 'b' }),
    ]);
  });

  test('a 3-byte csid split across reads is still one message', () => {
    expect(decodePieces(pieces(message({ csid: 320, payload: 'abc' }), [1, 2]))).toEqual([
      expected({ csid: 320, payload: 'abc' }),
    ]);
  });
});

describe('header compression', () => {
  test('fmt 1 keeps the stream id, fmt 2 the length and type too, fmt 3 the delta as well', () => {
    const bytes = cat(
      chunk({ fmt: 0, time: 1000, length: 2, type: 8, streamId: 5, data: 'aa' }),
      chunk({ fmt: 1, time: 20, length: 3, type: 9, data: 'bbb' }),
      chunk({ fmt: 2, time: 30, data: 'ccc' }),
      chunk({ fmt: 3, data: 'ddd' }),
      chunk({ fmt: 3, data: 'eee' }),
    );
    expect(decode(bytes)).toEqual([
      expected({ streamId: 5, timestamp: 1000, payload: 'aa' }),
      ...['bbb', 'ccc', 'ddd', 'eee'].map((payload, i) =>
        expected({ streamId: 5, type: 9, timestamp: [1020, 1050, 1080, 1110][i] as number, payload }),
      ),
    ]);
  });

  test('fmt 3 after fmt 0 adds the timestamp of fmt 0, as FMLE and ffmpeg mean it', () => {
    const bytes = cat(
      chunk({ fmt: 0, time: 26, length: 1, data: 'a' }),
      chunk({ fmt: 3, data: 'b' }),
      chunk({ fmt: 3, data: 'c' }),
    );
    expect(times(decode(bytes))).toEqual([26, 52, 78]);
  });

  test('fmt 3 within a message adds nothing', () => {
    const bytes = cat(
      message({ timestamp: 26, payload: pattern(300) }),
      chunk({ fmt: 2, time: 4, data: pattern(128) }),
    );
    const rest = cat(chunk({ fmt: 3, data: pattern(128) }), chunk({ fmt: 3, data: pattern(44) }));
    expect(times(decode(cat(bytes, rest)))).toEqual([26, 30]);
  });

  test('a chunk stream may begin with fmt 1, as the pings of librtmp do', () => {
    const ping = cat(basicHeader(1, 2), be(0, 3), be(6, 3), [4, 0, 6, 0, 0, 13, 15]);
    expect(decode(ping)).toEqual([
      expected({ csid: 2, type: 4, streamId: 0, payload: Buffer.of(0, 6, 0, 0, 13, 15) }),
    ]);
  });

  test.each([2, 3] as const)('a chunk stream may not begin with fmt %d', (fmt) => {
    expect(codeOf(() => decode(chunk({ fmt, data: 'abc' })))).toBe('chunk');
  });

  test.each([0, 1, 2] as const)('fmt %d may not interrupt a message on its own chunk stream', (fmt) => {
    const begun = chunk({ fmt: 0, length: 200, data: pattern(128) });
    expect(codeOf(() => decode(cat(begun, chunk({ fmt, length: 3, data: 'abc' }))))).toBe('chunk');
  });

  test('deltas wrap at 32 bits', () => {
    const bytes = cat(
      chunk({ fmt: 0, time: 0xfffffff0, length: 1, data: 'a' }),
      chunk({ fmt: 2, time: 0x20, data: 'b' }),
      chunk({ fmt: 3, data: 'c' }),
    );
    expect(times(decode(bytes))).toEqual([0xfffffff0, 0x10, 0x30]);
  });
});

describe('extended timestamps', () => {
  test.each([0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff])(
    '%d is read from fmt 0',
    (timestamp) => {
      expect(decode(message({ timestamp, payload: pattern(300) }))).toEqual([
        expected({ timestamp, payload: pattern(300) }),
      ]);
    },
  );

  test('the field may be used for a small value', () => {
    expect(times(decode(chunk({ fmt: 0, time: 7, extended: true, length: 1, data: 'a' })))).toEqual([7]);
  });

  test.each([1, 2] as const)('fmt %d adds an extended delta', (fmt) => {
    const bytes = cat(
      chunk({ fmt: 0, time: 5, length: 1, data: 'a' }),
      chunk({ fmt, time: 0x1000000, length: 1, data: 'b' }),
      chunk({ fmt: 2, time: 1, data: 'c' }),
    );
    expect(times(decode(bytes))).toEqual([5, 0x1000005, 0x1000006]);
  });

  test('a continuation may repeat an extended delta', () => {
    const payload = pattern(200);
    const bytes = cat(
      message({ payload: 'a' }),
      chunk({ fmt: 1, time: 0x1000000, length: 200, data: payload.subarray(0, 128) }),
      chunk({ fmt: 3, time: 0x1000000, extended: true, data: payload.subarray(128) }),
    );
    expect(decode(bytes)[1]).toEqual(expected({ timestamp: 0x1000000, payload }));
  });

  test('a continuation may leave the field out', () => {
    const fields = { timestamp: 0x12345678, payload: Buffer.alloc(300, 9) };
    expect(decode(cat(message(fields, 128, false), message({ payload: 'x' })))).toEqual([
      expected(fields),
      expected({ payload: 'x' }),
    ]);
  });

  test('payload that looks like the first bytes of the field is payload', () => {
    const payload = cat(Buffer.alloc(128), be(0x123456, 3), 'rest of it');
    const fields = { timestamp: 0x12345678, payload };
    expect(decode(message(fields, 128, false))).toEqual([expected(fields)]);
  });

  test.each([true, false])('a continuation cut anywhere is understood (repeated: %s)', (repeat) => {
    const fields = { timestamp: 0x12345678, payload: cat(Buffer.alloc(128), be(0x123456, 3), pattern(200)) };
    const bytes = message(fields, 128, repeat);
    for (let cut = 1; cut < bytes.length; cut++)
      expect(decodePieces(pieces(bytes, [cut]))).toEqual([expected(fields)]);
  });

  test('while a field could be repeated or not, the decoder waits', () => {
    const decoder = new ChunkDecoder();
    const payload = cat(Buffer.alloc(128), be(0x1234, 2));
    decoder.push(message({ timestamp: 0x12345678, payload }, 128, false));
    expect([decoder.next(), decoder.buffered]).toEqual([undefined, 3]);
    decoder.push(message({ csid: 5, payload: 'x' }));
    expect(drain(decoder)).toEqual([
      expected({ timestamp: 0x12345678, payload }),
      expected({ csid: 5, payload: 'x' }),
    ]);
  });

  test('fmt 3 that begins a message has the field, whose value is the delta', () => {
    const bytes = cat(
      chunk({ fmt: 0, time: 0x1000000, length: 1, data: 'a' }),
      chunk({ fmt: 3, time: 0x1000000, extended: true, data: 'b' }),
      chunk({ fmt: 3, time: 0x1234567, extended: true, data: 'c' }),
    );
    for (let cut = 1; cut < bytes.length; cut++) {
      const messages = decodePieces(pieces(bytes, [cut]));
      expect(times(messages)).toEqual([0x1000000, 0x2000000, 0x3234567]);
      expect(texts(messages)).toEqual(['a', 'b', 'c']);
    }
  });

  test('a header without the field ends its repetition', () => {
    const bytes = cat(
      chunk({ fmt: 0, time: 0x1000000, length: 1, data: 'a' }),
      chunk({ fmt: 2, time: 3, data: 'b' }),
      chunk({ fmt: 3, data: 'c' }),
    );
    expect(times(decode(bytes))).toEqual([0x1000000, 0x1000003, 0x1000006]);
  });
});

describe('Set Chunk Size', () => {
  test('changes the size of the chunks after it and is not returned', () => {
    const decoder = new ChunkDecoder();
    expect(decoder.chunkSize).toBe(128);
    decoder.push(cat(setChunkSize(4096), message({ payload: pattern(5000) }, 4096)));
    expect(drain(decoder)).toEqual([expected({ payload: pattern(5000) })]);
    expect(decoder.chunkSize).toBe(4096);
  });

  test('counts among the chunks, and among what was obeyed', () => {
    const decoder = new ChunkDecoder();
    decoder.push(cat(setChunkSize(4096), message({ payload: pattern(5000) }, 4096)));
    drain(decoder);
    expect([decoder.chunks, decoder.obeyed]).toEqual([3, 1]);
  });

  test('applies to a message that is under way', () => {
    const payload = pattern(400);
    const bytes = cat(
      chunk({ fmt: 0, csid: 6, length: 400, data: payload.subarray(0, 128) }),
      setChunkSize(300),
      chunk({ fmt: 3, csid: 6, data: payload.subarray(128) }),
    );
    expect(decode(bytes)).toEqual([expected({ csid: 6, payload })]);
  });

  test('a chunk may be one byte', () => {
    expect(decode(cat(setChunkSize(1), message({ payload: 'abc' }, 1)))).toEqual([
      expected({ payload: 'abc' }),
    ]);
  });

  test.each([0x1000000, 0x7fffffff])('%d is as good as the largest', (size) => {
    const decoder = new ChunkDecoder();
    decoder.push(setChunkSize(size));
    expect([decoder.next(), decoder.chunkSize]).toEqual([undefined, 0xffffff]);
  });

  test.each([0, 0x80000000, 0xffffffff])('%d is refused', (size) => {
    expect(codeOf(() => decode(setChunkSize(size)))).toBe('chunk_size');
  });

  test('one without a size is refused', () => {
    expect(codeOf(() => decode(message({ csid: 2, type: 1, payload: 'abc' })))).toBe('control');
  });
});

describe('Abort', () => {
  test('drops the message under way on that chunk stream, and only that', () => {
    const bytes = cat(
      chunk({ fmt: 0, csid: 6, time: 10, length: 200, data: pattern(128) }),
      chunk({ fmt: 0, csid: 5, time: 10, length: 200, data: pattern(128) }),
      abort(6),
      chunk({ fmt: 3, csid: 5, data: pattern(72) }),
      chunk({ fmt: 1, csid: 6, time: 5, length: 1, data: 'x' }),
    );
    expect(decode(bytes).map(({ csid, timestamp, payload }) => [csid, timestamp, payload.length])).toEqual([
      [5, 10, 200],
      [6, 15, 1],
    ]);
  });

  test('frees what the message had taken of the limit', () => {
    const part = chunk({ fmt: 0, csid: 6, length: 200, data: pattern(128) });
    const bytes = cat(part, abort(6), part, abort(6), part);
    expect(codeOf(() => decode(bytes, { maxBuffered: 150 }))).toBe('nothing thrown');
  });

  test('of a chunk stream that has nothing under way changes nothing', () => {
    expect(
      decode(cat(abort(9), message({ payload: 'a' }), abort(4), chunk({ fmt: 3, data: 'b' }))),
    ).toHaveLength(2);
  });

  test('one without a chunk stream is refused', () => {
    expect(codeOf(() => decode(message({ csid: 2, type: 2, payload: 'abc' })))).toBe('control');
  });
});

describe('limits', () => {
  test('a message over the limit is refused by its header', () => {
    expect(codeOf(() => decode(chunk({ fmt: 0, length: 8 * 1024 * 1024 + 1 })))).toBe('message_too_large');
    expect(codeOf(() => decode(chunk({ fmt: 0, length: 8 * 1024 * 1024 })))).toBe('nothing thrown');
  });

  test('the 65th chunk stream is refused', () => {
    const open = (count: number) =>
      cat(...Array.from({ length: count }, (_, i) => message({ csid: 2 + i, payload: 'a' })));
    expect(decode(open(64))).toHaveLength(64);
    expect(codeOf(() => decode(open(65)))).toBe('chunk_stream_limit');
  });

  test('unfinished messages may not hold more than the limit together', () => {
    const parts = [4, 5, 6].map((csid) => chunk({ fmt: 0, csid, length: 200, data: pattern(128) }));
    expect(codeOf(() => decode(cat(...parts), { maxBuffered: 3 * 128 }))).toBe('nothing thrown');
    expect(codeOf(() => decode(cat(...parts), { maxBuffered: 3 * 128 - 1 }))).toBe('buffer_limit');
  });

  test('finished messages free what they held', () => {
    const bytes = cat(...Array.from({ length: 20 }, () => message({ payload: pattern(300) })));
    expect(decode(bytes, { maxBuffered: 300 })).toHaveLength(20);
  });

  test('claims of 8 MiB on 64 chunk streams cost little memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoder = new ChunkDecoder();
    for (let csid = 2; csid < 66; csid++)
      decoder.push(chunk({ fmt: 0, csid, length: 8 * 1024 * 1024, data: pattern(128) }));
    expect(decoder.next()).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('any bytes', () => {
  const wireMessage = fc.record({
    csid: fc.constantFrom(3, 4, 5, 63, 64, 319, 320, 1000),
    type: fc.constantFrom(8, 9, 18, 20),
    streamId: fc.nat(0xffff),
    timestamp: fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xfffff0, max: 0xffffffff })),
    payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  });

  test('are the same messages however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(wireMessage, { maxLength: 8 }),
        fc.boolean(),
        fc.array(fc.nat(4000)),
        (fields, repeat, cuts) => {
          const bytes = cat(
            ...fields.map((one) => message(one, 128, repeat)),
            message({ csid: 2, type: 3, payload: 'end!' }),
          );
          const whole = decode(bytes);
          expect(decodePieces(pieces(bytes, cuts))).toEqual(whole);
          if (repeat) expect(whole.slice(0, -1)).toEqual(fields.map(expected));
        },
      ),
    );
  });

  test('are the same messages when they come one at a time', () => {
    const bytes = cat(
      setChunkSize(200),
      message({ csid: 320, timestamp: 0x1000000, payload: pattern(500) }, 200),
      chunk({ fmt: 0, csid: 6, length: 250, data: pattern(200) }),
      abort(6),
      chunk({ fmt: 3, csid: 320, time: 0x1000000, extended: true, data: pattern(200) }),
      chunk({ fmt: 3, csid: 320, data: pattern(300) }).subarray(0, 3),
      pattern(0),
    );
    const one = pieces(bytes, Array.from(bytes.keys()));
    expect(decodePieces(one)).toEqual(decode(bytes));
  });

  test('at random are decoded or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.array(fc.nat(600)), (source, cuts) => {
        expect(codeOf(() => decodePieces(pieces(Buffer.from(source), cuts)))).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  test('that were damaged are decoded or refused, and nothing else', () => {
    const bytes = cat(
      setChunkSize(64),
      message({ timestamp: 0x1000000, payload: pattern(200) }, 64),
      abort(4),
      message({ payload: 'a' }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = byte;
        expect(codeOf(() => decode(damaged))).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});
