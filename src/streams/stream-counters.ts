import type { MediaPacket } from '../model/media-packet.ts';

/** What a publish has brought so far. Counting a packet costs a few additions and no memory. */
export class StreamCounters {
  packets = 0;
  /** Video frames among them. */
  frames = 0;
  bytes = 0;
  /** Milliseconds from one keyframe to the next, and frames a second between them, of the last complete GOP. */
  gopMs = 0;
  fps = 0;
  #keyframeAt = 0;
  #keyframe = 0;

  /** Takes the next packet, placed on the stream's time line. */
  count(packet: MediaPacket): void {
    this.packets += 1;
    this.bytes += packet.payload.length;
    if (packet.kind !== 'video' || packet.headerSlot !== undefined) return;
    this.frames += 1;
    if (packet.keyframe) this.#endGop(packet.timestamp);
  }

  /** Another publish begins. */
  reset(): void {
    this.packets = 0;
    this.frames = 0;
    this.bytes = 0;
    this.gopMs = 0;
    this.fps = 0;
    this.#keyframe = 0;
  }

  #endGop(timestamp: number): void {
    // Timestamps wrap at 32 bits.
    const gopMs = (timestamp - this.#keyframeAt) >>> 0;
    if (this.#keyframe > 0 && gopMs > 0) {
      this.gopMs = gopMs;
      this.fps = ((this.frames - this.#keyframe) * 1000) / gopMs;
    }
    this.#keyframe = this.frames;
    this.#keyframeAt = timestamp;
  }
}
