/** One tag of an FLV file or of an HTTP-FLV body. */
export interface FlvTag {
  readonly type: number;
  /** Milliseconds, uint32. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Reads FLV as it arrives (FLV E.2 to E.4.1). Throws on anything that is not exactly as it should be. */
export class FlvReader {
  #waiting: Buffer = Buffer.alloc(0);
  #header: { hasAudio: boolean; hasVideo: boolean } | undefined;

  /** What the file header announced, once it has arrived. */
  get header(): { hasAudio: boolean; hasVideo: boolean } | undefined {
    return this.#header;
  }

  /** Takes bytes, cut anywhere, and yields the tags that they complete. */
  *push(bytes: Buffer): Generator<FlvTag> {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (!this.#header && !this.#readHeader()) return;
    for (;;) {
      const tag = this.#readTag();
      if (!tag) return;
      yield tag;
    }
  }

  #readHeader(): boolean {
    const bytes = this.#waiting;
    if (bytes.length < 13) return false;
    if (bytes.toString('latin1', 0, 4) !== 'FLV\x01') throw new Error('not an FLV header');
    if (bytes.readUInt32BE(5) !== 9 || bytes.readUInt32BE(9) !== 0) throw new Error('not an FLV 1 header');
    const flags = bytes.readUInt8(4);
    this.#header = { hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0 };
    this.#waiting = bytes.subarray(13);
    return true;
  }

  #readTag(): FlvTag | undefined {
    const bytes = this.#waiting;
    if (bytes.length < 11) return undefined;
    const end = 11 + bytes.readUIntBE(1, 3);
    if (bytes.length < end + 4) return undefined;
    if (bytes.readUIntBE(8, 3) !== 0) throw new Error('an FLV tag has a stream id');
    if (bytes.readUInt32BE(end) !== end) throw new Error('an FLV back pointer is wrong');
    this.#waiting = bytes.subarray(end + 4);
    const timestamp = bytes.readUIntBE(4, 3) + bytes.readUInt8(7) * 0x1000000;
    return { type: bytes.readUInt8(0), timestamp, payload: bytes.subarray(11, end) };
  }
}
