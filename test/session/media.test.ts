import { expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media-packet.ts';
import { readMedia } from '../../src/session/media.ts';
import { flv } from '../support/say.ts';

/** What is made of a message whose payload was cut from a large piece of memory. */
function read(type: number, bytes: Buffer) {
  const slab = Buffer.alloc(65_536);
  bytes.copy(slab, 100);
  const payload = slab.subarray(100, 100 + bytes.length);
  const packets: MediaPacket[] = [];
  const taker = { write: (packet: MediaPacket) => void packets.push(packet), clearMetadata: () => undefined };
  expect(readMedia({ type, timestamp: 0, streamId: 1, csid: 4, payload }, taker)).toBe(1);
  return { payload, packet: packets[0] };
}

test.each([
  ['video', 9, flv.avcConfig()],
  ['audio', 8, flv.aacConfig()],
])('%s configuration is copied, since it stays when what it was cut from could go', (_kind, type, bytes) => {
  const { payload, packet } = read(type, bytes);
  expect(packet?.payload).toEqual(payload);
  expect(packet?.payload.buffer).not.toBe(payload.buffer);
});

test.each([
  ['a picture', 9, flv.frame('f')],
  ['sound', 8, flv.aac('s')],
])('%s is not copied', (_kind, type, bytes) => {
  const { payload, packet } = read(type, bytes);
  expect(packet?.payload).toBe(payload);
});
