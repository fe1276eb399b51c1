import type { MediaPacket } from '../model/media.ts';
import type { SerializedGop } from './serialized-gop.ts';

/** Bytes that one stream's GOP cache keeps in memory at most. */
export const MAX_GOP_BYTES: number = 32 * 1024 * 1024;

/** Bytes of its encoded forms that are kept for formats which no player has at the moment. */
export const MAX_SPARE_GOP_BYTES: number = 64 * 1024 * 1024;

/**
 * The packets since the last keyframe, so that a joiner has a picture at once. Empty while no keyframe has come, and
 * after one GOP grew over its bounds, until the next keyframe.
 */
export class GopCache {
  readonly #maxPackets: number;
  #packets: MediaPacket[] = [];
  #bytes = 0;
  /** Memory that the packet before was cut from, as other packets may be. */
  #shared: ArrayBufferLike | undefined;
  #open = false;
  /** Bytes that closed fan-out groups made of these packets, by format, the newest last. */
  readonly #spares = new Map<string, SerializedGop>();

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

  /** Keeps what a fan-out group that closes has encoded of the present GOP, for the next one of its format. */
  keepSpare(format: string, gop: SerializedGop): void {
    if (gop.packets !== this.#packets || gop.bytes === 0) return;
    this.#spares.set(format, gop);
    let bytes = 0;
    for (const spare of this.#spares.values()) bytes += spare.bytes;
    for (const [oldest, spare] of this.#spares) {
      if (bytes <= MAX_SPARE_GOP_BYTES) return;
      this.#spares.delete(oldest);
      bytes -= spare.bytes;
    }
  }

  /** Hands out what is kept of the present GOP in a format. */
  takeSpare(format: string): SerializedGop | undefined {
    const spare = this.#spares.get(format);
    this.#spares.delete(format);
    return spare;
  }

  clear(): void {
    this.#spares.clear();
    this.#packets = [];
    this.#shared = undefined;
    this.#bytes = 0;
    this.#open = false;
  }
}
