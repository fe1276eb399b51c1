import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flvHeader, flvTagSize, writeFlvTag } from '../../../src/protocol/flv/tag.ts';
import { FlvReader, type FlvTag } from '../../support/flv-reader.ts';
import { pieces } from '../../support/wire.ts';

test.each([
  [true, true, '05'],
  [true, false, '04'],
  [false, true, '01'],
])('an FLV header says what will come (audio %s, video %s)', (audio, video, flags) => {
  expect(flvHeader(audio, video).toString('hex')).toBe(`464c5601${flags}0000000900000000`);
});

test('a tag has the high byte of its time last and a back pointer behind it', () => {
  const target = Buffer.alloc(flvTagSize(3) + 1);
  expect(writeFlvTag(target, 1, 9, 0xa1b2c3d4, Buffer.from('abc'))).toBe(target.length);
  expect(target.toString('hex')).toBe(
    ['00', '09', '000003', 'b2c3d4', 'a1', '000000', '616263', '0000000e'].join(''),
  );
});

test('a target that is too short is not written to', () => {
  const target = Buffer.alloc(flvTagSize(3) - 1);
  expect(() => writeFlvTag(target, 0, 8, 0, Buffer.from('abc'))).toThrow(RangeError);
  expect(target.every((byte) => byte === 0)).toBe(true);
});

test('tags are read back by an independent reader, however they are cut', () => {
  const tag = fc.record({
    type: fc.constantFrom(8, 9, 18),
    timestamp: fc.nat(0xffffffff),
    payload: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 10 }), fc.array(fc.nat(500)), (tags, cuts) => {
      const head = flvHeader(true, true);
      const target = Buffer.alloc(
        tags.reduce((sum, { payload }) => sum + flvTagSize(payload.length), head.copy(Buffer.alloc(13))),
      );
      let at = head.copy(target);
      for (const { type, timestamp, payload } of tags) at = writeFlvTag(target, at, type, timestamp, payload);
      const reader = new FlvReader();
      const read: FlvTag[] = pieces(target, cuts).flatMap((part) => [...reader.push(part)]);
      expect(read).toEqual(tags);
      expect(reader.header).toEqual({ hasAudio: true, hasVideo: true });
    }),
  );
});
