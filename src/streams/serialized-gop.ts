import type { MediaPacket } from '../model/media.ts';
import { type Serializer, serializeAll } from './sink.ts';

/** Segments are merged up to this size, so that a joiner costs few writes and joiners still share bytes. */
const SEGMENT_BYTES = 64 * 1024;

/**
 * A GOP in one wire format, up to the last flush. Its pieces are the batches that players were sent; what no batch holds
 * is encoded when the first joiner needs it. All joiners share the bytes.
 */
export class SerializedGop {
  /** The cached packets, keyframe first. The cache appends to these; another GOP is another array. */
  readonly packets: readonly MediaPacket[];
  readonly #serializer: Serializer;
  #segments: Buffer[] = [];
  #bytes = 0;
  /** Number of packets in the segments, and of those that have been flushed. */
  #encoded = 0;
  #flushed: number;

  /** Begins with the packets that there are, none of them encoded. */
  constructor(serializer: Serializer, packets: readonly MediaPacket[]) {
    this.#serializer = serializer;
    this.packets = packets;
    this.#flushed = packets.length;
  }

  /** A GOP whose packets are all in `batch`. */
  static of(serializer: Serializer, packets: readonly MediaPacket[], batch: Buffer): SerializedGop {
    const gop = new SerializedGop(serializer, packets);
    gop.#push(batch);
    gop.#encoded = packets.length;
    return gop;
  }

  /** Bytes of what has been encoded. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Time of its keyframe. */
  get timestamp(): number {
    return this.packets[0]?.timestamp ?? 0;
  }

  /** Takes the flushed bytes of all packets that have come since the last flush. */
  append(batch: Buffer): void {
    if (this.#encoded === this.#flushed) {
      this.#push(batch);
      this.#encoded = this.packets.length;
    }
    this.#flushed = this.packets.length;
  }

  /** Another fan-out group goes on with this GOP: to that one all packets that there are have been flushed. */
  continueFromHere(): void {
    this.#flushed = this.packets.length;
  }

  /** The bytes of all that has been flushed. */
  segments(): readonly Buffer[] {
    if (this.#encoded < this.#flushed) {
      this.#push(serializeAll(this.#serializer, this.packets.slice(this.#encoded, this.#flushed)));
      this.#encoded = this.#flushed;
    }
    this.#segments = merged(this.#segments);
    return this.#segments;
  }

  #push(segment: Buffer): void {
    if (segment.length === 0) return;
    this.#segments.push(segment);
    this.#bytes += segment.length;
  }
}

/** The same bytes in fewer pieces. Large ones stay as they are. */
function merged(segments: readonly Buffer[]): Buffer[] {
  const result: Buffer[] = [];
  let run: Buffer[] = [];
  let length = 0;
  const endRun = () => {
    const [only] = run;
    if (only) result.push(run.length === 1 ? only : Buffer.concat(run, length));
    run = [];
    length = 0;
  };
  for (const segment of segments) {
    run.push(segment);
    length += segment.length;
    if (length >= SEGMENT_BYTES) endRun();
  }
  endRun();
  return result;
}
