import type { MediaPacket } from '../model/media-packet.ts';

/**
 * Turns packets into the bytes of one wire format. Players that bring encoders of the same id share the bytes, so an
 * encoder has no state and the id says everything that the bytes depend on.
 */
export interface Serializer {
  /** For example `rtmp:60000:1`. */
  readonly id: string;
  /** Bytes that `write` will use for this packet; 0 leaves the packet out. */
  size(packet: MediaPacket): number;
  /** Writes the packet at `offset` and returns the offset behind it. */
  write(target: Buffer, offset: number, packet: MediaPacket): number;
}

/** Encodes packets into one new buffer. */
export function serializeAll(serializer: Serializer, packets: readonly MediaPacket[]): Buffer {
  const sizes = packets.map((packet) => serializer.size(packet));
  const target = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  packets.forEach((packet, index) => {
    if (sizes[index] !== 0) offset = serializer.write(target, offset, packet);
  });
  return target;
}
