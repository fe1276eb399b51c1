import type { MediaPacket } from '../model/media-packet.ts';

/** Payload bytes that one stream's GOP cache holds at most. */
export const MAX_GOP_BYTES: number = 32 * 1024 * 1024;

/**
 * The packets since the last keyframe, so that a joiner has a picture at once. Empty while no keyframe has come, and
 * after one GOP grew over its bounds, until the next keyframe.
 */
export class GopCache {
  readonly #maxPackets: number;
  #packets: MediaPacket[] = [];
  #bytes = 0;
  #open = false;

  /** `maxPackets` 0 switches the cache off. */
  constructor(maxPackets: number) {
    this.#maxPackets = maxPackets;
  }

  get packets(): readonly MediaPacket[] {
    return this.#packets;
  }

  add(packet: MediaPacket): void {
    if (packet.keyframe) {
      this.clear();
      this.#open = this.#maxPackets > 0;
    }
    if (!this.#open) return;
    this.#packets.push(packet);
    this.#bytes += packet.payload.length;
    if (this.#packets.length > this.#maxPackets || this.#bytes > MAX_GOP_BYTES) this.clear();
  }

  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#open = false;
  }
}
