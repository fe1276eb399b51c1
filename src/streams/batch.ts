import type { MediaPacket } from '../model/media.ts';
import type { Serializer } from './sink.ts';

/** Bytes of one allocation that many batches share. */
const SLAB_SIZE = 256 * 1024;

/** A place in a batch, and the time of the packet there. */
export interface Place {
  readonly offset: number;
  readonly timestamp: number;
}

/** Bytes that a flush hands to every player of a format. The bytes are shared and never change. */
export interface SealedBatch {
  readonly bytes: Buffer;
  /** Time of its first packet. */
  readonly timestamp: number;
  /**
   * Place at which a player may start: the last keyframe whose decoder configuration is still in force. The keyframe itself
   * may have been left out by the encoder; undefined if the stream sent none since the batch before.
   */
  readonly keyframe: Place | undefined;
}

/** Encoded packets since the last flush, in one format. Batches are cut from slabs, so a flush allocates nothing big. */
export class OpenBatch {
  readonly #serializer: Serializer;
  #slab: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #timestamp = 0;
  #keyframe: Place | undefined;

  constructor(serializer: Serializer) {
    this.#serializer = serializer;
  }

  get empty(): boolean {
    return this.#end === this.#start;
  }

  append(packet: MediaPacket): void {
    const { timestamp } = packet;
    if (packet.keyframe) this.#keyframe = { offset: this.#end - this.#start, timestamp };
    const size = this.#serializer.size(packet);
    if (size === 0) return;
    if (this.empty) this.#timestamp = timestamp;
    if (this.#end + size > this.#slab.length) this.#moveToNewSlab(size);
    this.#end = this.#serializer.write(this.#slab, this.#end, packet);
  }

  /** No player may start at a keyframe that has been appended: what comes next does not go with it. */
  forgetKeyframe(): void {
    this.#keyframe = undefined;
  }

  /** Hands out what has been appended and starts anew. */
  seal(): SealedBatch {
    const bytes = this.#slab.subarray(this.#start, this.#end);
    const batch = { bytes, timestamp: this.#timestamp, keyframe: this.#keyframe };
    this.#start = this.#end;
    this.#keyframe = undefined;
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
