import type { MediaPacket } from '../model/media-packet.ts';
import type { Encoder } from './encoder.ts';

/** Bytes of one allocation that many batches share. */
const SLAB_SIZE = 256 * 1024;

/** What a flush hands to every player of a format. The bytes are shared and never change. */
export interface SealedBatch {
  readonly bytes: Buffer;
  /** Offset of the last keyframe in `bytes`, where a player may start; undefined if the batch holds none. */
  readonly keyframeAt: number | undefined;
}

/** Encoded packets since the last flush, in one format. Batches are cut from slabs, so a flush allocates nothing big. */
export class OpenBatch {
  readonly #encoder: Encoder;
  #slab: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #keyframeAt: number | undefined;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  get empty(): boolean {
    return this.#end === this.#start;
  }

  append(packet: MediaPacket): void {
    const size = this.#encoder.size(packet);
    if (size === 0) return;
    if (this.#end + size > this.#slab.length) this.#moveToNewSlab(size);
    if (packet.keyframe) this.#keyframeAt = this.#end - this.#start;
    this.#end = this.#encoder.write(this.#slab, this.#end, packet);
  }

  /** Hands out what has been appended and starts anew. */
  seal(): SealedBatch {
    const batch = { bytes: this.#slab.subarray(this.#start, this.#end), keyframeAt: this.#keyframeAt };
    this.#start = this.#end;
    this.#keyframeAt = undefined;
    return batch;
  }

  /** Slabs are never written twice: sockets and the GOP cache may hold any part of one. */
  #moveToNewSlab(size: number): void {
    const open = this.#slab.subarray(this.#start, this.#end);
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, 2 * (open.length + size)));
    open.copy(slab);
    this.#slab = slab;
    this.#start = 0;
    this.#end = open.length;
  }
}
