import { expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media.ts';
import { MAX_CONFIGURATION_BYTES, readMedia } from '../../src/rtmp/read-media.ts';
import { flv } from '../support/say.ts';

/** What is made of a message. */
function readOwn(type: number, payload: Buffer): MediaPacket | undefined {
  const packets: MediaPacket[] = [];
  const consumer = {
    write: (packet: MediaPacket) => void packets.push(packet),
    clearMetadata: () => undefined,
  };
  expect(readMedia({ type, timestamp: 0, streamId: 1, csid: 4, payload }, consumer)).toBe(1);
  return packets[0];
}

/** What is made of a message whose payload was cut from a large piece of memory. */
function read(type: number, bytes: Buffer) {
  const slab = Buffer.alloc(65_536);
  bytes.copy(slab, 100);
  const payload = slab.subarray(100, 100 + bytes.length);
  return { payload, packet: readOwn(type, payload) };
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
  ['video', 9, flv.avcConfig()],
  ['audio', 8, flv.aacConfig()],
])('%s configuration that is too long to be kept is passed on all the same', (_kind, type, bytes) => {
  const longest = Buffer.concat([bytes, Buffer.alloc(MAX_CONFIGURATION_BYTES - bytes.length)]);
  expect(readOwn(type, longest)?.headerSlot).toBeDefined();
  const longer = Buffer.concat([longest, Buffer.alloc(1)]);
  expect(readOwn(type, longer)).toMatchObject({ payload: longer, headerSlot: undefined });
});

test.each([
  ['a picture', 9, flv.frame('f')],
  ['sound', 8, flv.aac('s')],
])('%s is not copied', (_kind, type, bytes) => {
  const { payload, packet } = read(type, bytes);
  expect(packet?.payload).toBe(payload);
});
