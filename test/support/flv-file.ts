import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { FlvReader } from './flv-reader.ts';

/** An audio or video packet, whatever brought it. */
export interface Packet {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

export const AUDIO = 8;
export const VIDEO = 9;

/** The audio and video of an FLV file that may still be growing. */
export function readFlv(file: string): Packet[] {
  return mediaOf([...new FlvReader().push(readFileSync(file))]);
}

/** Audio and video alone, without the end-of-sequence packets that muxers add when they close. */
export function mediaOf(packets: readonly (Packet | RtmpMessage)[]): Packet[] {
  return packets
    .filter(({ type, payload }) => (type === AUDIO || type === VIDEO) && payload.length > 0)
    .filter(({ type, payload }) => !(type === VIDEO && payload[1] === 2))
    .map(({ type, timestamp, payload }) => ({ type, timestamp, payload }));
}

/** Packets in a form to compare: type, time since the first one, and what is in it. */
export function fingerprints(packets: readonly Packet[]): string[] {
  const start = packets[0]?.timestamp ?? 0;
  return packets.map(({ type, timestamp, payload }) => `${type} +${timestamp - start} ${hash(payload)}`);
}

/** The same of one type alone: relays may weave audio and video differently, and start their clocks elsewhere. */
export function fingerprintsOf(type: number, packets: readonly Packet[]): string[] {
  return fingerprints(packets.filter((packet) => packet.type === type));
}

function hash(payload: Buffer): string {
  return `${payload.length}:${createHash('md5').update(payload).digest('hex')}`;
}

export function isVideoHeader({ type, payload }: Packet): boolean {
  return type === VIDEO && payload[0] === 0x17 && payload[1] === 0;
}

export function isKeyframe({ type, payload }: Packet): boolean {
  return type === VIDEO && payload[0] === 0x17 && payload[1] === 1;
}
