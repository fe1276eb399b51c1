import type { MediaPacket } from '../model/media-packet.ts';

/** Bytes that one stream's GOP cache keeps in memory at most. */
export const MAX_GOP_BYTES: number = 32 * 1024 * 1024;

/**
 * The packets since the last keyframe, so that a joiner has a picture at once. Empty while no keyframe has come, and
 * after one GOP grew over its bounds, until the next keyframe.
 */
export class GopCache {
  readonly #maxPackets: number;
  #packets: MediaPacket[] = [];
  #bytes = 0;
  /** Memory that the packet before was cut from, as its neighbours may be. */
  #shared: ArrayBufferLike | undefined;
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
    this.#count(packet.payload);
    if (this.#packets.length > this.#maxPackets || this.#bytes > MAX_GOP_BYTES) this.clear();
  }

  /** A payload that was cut from a larger piece of memory keeps the whole of that, once for all that were cut from it. */
  #count({ buffer, length }: Buffer): void {
    if (buffer.byteLength === length) {
      this.#bytes += length;
    } else if (buffer !== this.#shared) {
      this.#bytes += buffer.byteLength;
      this.#shared = buffer;
    }
  }

  clear(): void {
    this.#packets = [];
    this.#shared = undefined;
    this.#bytes = 0;
    this.#open = false;
  }
}
