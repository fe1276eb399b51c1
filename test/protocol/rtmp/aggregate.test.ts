import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import { splitAggregate } from '../../../src/protocol/rtmp/aggregate.ts';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.ts';
import { be, cat } from '../../support/wire.ts';

const part = (type: number, time: number, payload: string): Buffer =>
  cat(
    be(type, 1),
    be(payload.length, 3),
    be(time % 0x1000000, 3),
    be(Math.floor(time / 0x1000000), 1),
    [9, 9, 9],
    payload,
  );

const backPointer = (payload: string): Buffer => be(payload.length + 11, 4);

const aggregate = (timestamp: number, ...parts: Buffer[]): RtmpMessage => ({
  csid: 6,
  type: 22,
  streamId: 7,
  timestamp,
  payload: cat(...parts),
});

const split = (message: RtmpMessage) =>
  [...splitAggregate(message)].map(({ type, timestamp, payload }) => [type, timestamp, payload.toString()]);

test('an aggregate is split, its first message taking its time and the others keeping their distance', () => {
  const parts = [
    part(8, 100, 'aaa'),
    backPointer('aaa'),
    part(9, 140, 'bb'),
    backPointer('bb'),
    part(8, 123, ''),
    backPointer(''),
  ];
  expect(split(aggregate(5000, ...parts))).toEqual([
    [8, 5000, 'aaa'],
    [9, 5040, 'bb'],
    [8, 5023, ''],
  ]);
});

test('messages of an aggregate take its stream id and chunk stream', () => {
  const [first] = splitAggregate(aggregate(0, part(8, 0, 'a')));
  expect([first?.streamId, first?.csid]).toEqual([7, 6]);
});

test('the last back pointer may be missing', () => {
  expect(split(aggregate(1, part(8, 0, 'a'), backPointer('a'), part(9, 1, 'b')))).toEqual([
    [8, 1, 'a'],
    [9, 2, 'b'],
  ]);
});

test('times use 32 bits and wrap', () => {
  const parts = [part(8, 0xfffffff0, 'a'), backPointer('a'), part(8, 0x10, 'b'), backPointer('b')];
  expect(split(aggregate(0xffffffff, ...parts))).toEqual([
    [8, 0xffffffff, 'a'],
    [8, 0x1f, 'b'],
  ]);
});

test('an empty aggregate holds nothing', () => {
  expect(split(aggregate(0))).toEqual([]);
});

test.each([
  ['a header that is cut off', [part(8, 0, 'a').subarray(0, 10)]],
  ['a payload that is cut off', [part(8, 0, 'abc').subarray(0, 13)]],
  ['an aggregate within', [part(22, 0, ''), backPointer('')]],
  ['rubbish behind the last message', [part(8, 0, 'a'), backPointer('a'), Buffer.from('xyz')]],
])('%s is refused', (_, parts) => {
  const act = () => split(aggregate(0, ...parts));
  expect(act).toThrow(ProtocolError);
  expect(act).toThrow(/aggregate/);
});

test('random bytes are split or refused, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        split(aggregate(0, Buffer.from(bytes)));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});
