import type { MediaPacket } from '../model/media.ts';

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

/** Receiver of a player's bytes: a socket, seen from the hub. */
export interface Sink {
  readonly serializer: Serializer;
  /** Bytes that were written and have not left the process yet. */
  readonly backlog: number;
  /** Takes bytes that are shared with other players: they must never be changed. */
  write(bytes: Buffer): void;
  /** Called once when the player has been too slow for too long. The sink must close its client. */
  drop(): void;
  /** Called when the publisher has left and none has come for as long as players wait. The sink should end its play. */
  end?(): void;
}
