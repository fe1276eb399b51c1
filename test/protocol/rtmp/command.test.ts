import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import { decodeCommand, decodeData, encodeCommand } from '../../../src/protocol/rtmp/command.ts';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.ts';
import { STATUS, statusInfo } from '../../../src/protocol/rtmp/status.ts';
import { amf, cat } from '../../support/wire.ts';

const incoming = (type: number, ...parts: (Buffer | number[])[]): RtmpMessage => ({
  csid: 3,
  type,
  streamId: 0,
  timestamp: 0,
  payload: cat(...parts),
});

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('a command', () => {
  test('has a name, a transaction id and arguments', () => {
    const bytes = [
      amf.string('publish'),
      amf.number(5),
      amf.null,
      amf.string('cam?key=1'),
      amf.string('live'),
    ];
    expect(decodeCommand(incoming(20, ...bytes))).toEqual({
      name: 'publish',
      transactionId: 5,
      args: [null, 'cam?key=1', 'live'],
    });
  });

  test('in an AMF3 message has a byte of 0 before it', () => {
    const bytes = [amf.string('play'), amf.number(1)];
    const expected = { name: 'play', transactionId: 1, args: [] };
    expect(decodeCommand(incoming(17, [0], ...bytes))).toEqual(expected);
    expect(decodeCommand(incoming(17, ...bytes))).toEqual(expected);
  });

  test('without a transaction id has 0', () => {
    expect(decodeCommand(incoming(20, amf.string('close')))).toEqual({
      name: 'close',
      transactionId: 0,
      args: [],
    });
  });

  test.each([
    ['nothing', []],
    ['a number for a name', [amf.number(1), amf.number(1)]],
    ['an empty name', [amf.string(''), amf.number(1)]],
    ['a string for a transaction id', [amf.string('play'), amf.string('1')]],
    ['null for a transaction id', [amf.string('play'), amf.null]],
  ])('is refused when it has %s', (_, bytes) => {
    expect(refusal(() => decodeCommand(incoming(20, ...bytes)))).toBe('command');
  });

  test('is refused when its values are malformed', () => {
    expect(refusal(() => decodeCommand(incoming(20, amf.string('play'), [0, 1])))).toBe('amf0');
    expect(refusal(() => decodeCommand(incoming(17, [0], amf.string('play'), [0x11, 1])))).toBe('amf0');
  });

  test('is not what other message types hold', () => {
    expect(() => decodeCommand(incoming(18, amf.string('play')))).toThrow(TypeError);
  });

  test('is encoded as AMF0', () => {
    const info = statusInfo('status', STATUS.publishStart, 'cam is live');
    const object = amf.object({
      level: amf.string('status'),
      code: amf.string('NetStream.Publish.Start'),
      description: amf.string('cam is live'),
    });
    const expected = cat(amf.string('onStatus'), amf.number(0), amf.null, object);
    expect(encodeCommand('onStatus', 0, null, info).equals(expected)).toBe(true);
  });
});

describe('data', () => {
  test('is a list of values', () => {
    expect(decodeData(incoming(18, amf.string('onCue'), amf.number(1)))).toEqual(['onCue', 1]);
  });

  test('in an AMF3 message may have a byte of 0 before it', () => {
    expect(decodeData(incoming(15, [0], amf.string('onCue')))).toEqual(['onCue']);
    expect(decodeData(incoming(15, amf.string('onCue')))).toEqual(['onCue']);
  });

  test('is not what other message types hold', () => {
    expect(() => decodeData(incoming(20, amf.string('play')))).toThrow(TypeError);
  });
});

test('status codes are those of NetConnection and NetStream, each once', () => {
  const codes = Object.values(STATUS);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => !/^Net(Connection|Stream)(\.[A-Z][A-Za-z]+){1,2}$/.test(code))).toEqual([]);
});
