import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import * as control from '../../../src/protocol/rtmp/control.ts';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.ts';

const incoming = (type: number, ...bytes: number[]): RtmpMessage => ({
  csid: 2,
  type,
  streamId: 0,
  timestamp: 0,
  payload: Buffer.from(bytes),
});

const BUILT: [string, RtmpMessage, number, string][] = [
  ['Set Chunk Size', control.setChunkSize(60_000), 1, '0000ea60'],
  ['Acknowledgement', control.acknowledgement(0x01020304), 3, '01020304'],
  ['Acknowledgement past 4 GiB', control.acknowledgement(2 ** 32 + 5), 3, '00000005'],
  ['Window Acknowledgement Size', control.windowAckSize(2_500_000), 5, '002625a0'],
  ['Set Peer Bandwidth', control.setPeerBandwidth(2_500_000), 6, '002625a002'],
  ['Set Peer Bandwidth, hard', control.setPeerBandwidth(1, control.BANDWIDTH_LIMIT.hard), 6, '0000000100'],
  ['Stream Begin', control.streamBegin(1), 4, '000000000001'],
  ['Stream EOF', control.streamEof(1), 4, '000100000001'],
  ['Stream Dry', control.streamDry(1), 4, '000200000001'],
  ['Set Buffer Length', control.setBufferLength(1, 3000), 4, '00030000000100000bb8'],
  ['Stream Is Recorded', control.streamIsRecorded(1), 4, '000400000001'],
  ['Ping Request', control.pingRequest(0xffffffff), 4, '0006ffffffff'],
  ['Ping Response', control.pingResponse(7), 4, '000700000007'],
];

test.each(BUILT)('%s is built for chunk stream 2 and message stream 0', (_, message, type, payload) => {
  const { payload: bytes, ...header } = message;
  expect(header).toEqual({ csid: 2, type, streamId: 0, timestamp: 0 });
  expect(bytes.toString('hex')).toBe(payload);
});

test('acknowledgements and windows are read', () => {
  expect(control.parseUint32(incoming(3, 0xff, 0, 0, 1))).toBe(0xff000001);
  expect(control.parseUint32(incoming(5, 0, 0, 0, 1))).toBe(1);
});

test('a peer bandwidth is read', () => {
  expect(control.parseSetPeerBandwidth(incoming(6, 0, 0, 1, 0, 1))).toEqual({ size: 256, limit: 1 });
});

test.each([
  ['Stream Begin', [0, 0, 0, 0, 0, 9], { event: 0, value: 9, bufferLength: 0 }],
  ['Set Buffer Length', [0, 3, 0, 0, 0, 9, 0, 0, 1, 0], { event: 3, value: 9, bufferLength: 256 }],
  ['Ping Request', [0, 6, 0, 0, 0, 9], { event: 6, value: 9, bufferLength: 0 }],
  ['a private event of Flash', [0, 26, 1], { event: 26, value: 0, bufferLength: 0 }],
])('%s is read', (_, bytes, expected) => {
  expect(control.parseUserControl(incoming(4, ...bytes))).toEqual(expected);
});

test.each([
  ['an Acknowledgement', () => control.parseUint32(incoming(3, 0, 0, 0))],
  ['a Set Peer Bandwidth', () => control.parseSetPeerBandwidth(incoming(6, 0, 0, 0, 0))],
  ['a User Control without an event', () => control.parseUserControl(incoming(4, 0))],
  ['a Ping Request', () => control.parseUserControl(incoming(4, 0, 6, 0, 0, 0))],
  ['a Set Buffer Length', () => control.parseUserControl(incoming(4, 0, 3, 0, 0, 0, 1, 0, 0, 0))],
])('%s that is too short is refused', (_, act) => {
  expect(act).toThrow(ProtocolError);
  expect(act).toThrow(/has \d bytes, it needs \d/);
});
