import type { MediaPacket } from '../../src/model/media.ts';
import { readMedia } from '../../src/rtmp/read-media.ts';
import { type Packet, readFlv } from './flv-file.ts';

/** What a stream gets when these messages are published. */
export function toMediaPackets(packets: readonly Packet[]): MediaPacket[] {
  const taken: MediaPacket[] = [];
  const consumer = { write: (packet: MediaPacket) => taken.push(packet), clearMetadata: () => undefined };
  for (const packet of packets) readMedia({ ...packet, csid: 4, streamId: 1 }, consumer);
  return taken;
}

/** The audio and video of an FLV file as packets of a stream. */
export function mediaPacketsOf(file: string): MediaPacket[] {
  return toMediaPackets(readFlv(file));
}
