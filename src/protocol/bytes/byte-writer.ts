/**
 * A buffer that grows as values are appended, big-endian unless the method says otherwise.
 * Values that do not fit their field throw Node's `ERR_OUT_OF_RANGE`: what we send is ours to check.
 */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** `capacity`: bytes to reserve at first. */
  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacity, 16));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends one byte. */
  u8(value: number): this {
    const at = this.#grow(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  /** Appends 16 bits. */
  u16(value: number): this {
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  /** Appends 24 bits. */
  u24(value: number): this {
    const at = this.#grow(3);
    this.#buffer.writeUIntBE(value, at, 3);
    return this;
  }

  /** Appends 32 bits. */
  u32(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  /** Appends 32 bits, little-endian (the message stream id is the only such field, RTMP 5.3.1.2.1). */
  u32le(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  /** Appends an IEEE 754 double. */
  f64(value: number): this {
    const at = this.#grow(8);
    this.#buffer.writeDoubleBE(value, at);
    return this;
  }

  /** Appends a copy of `bytes`. */
  bytes(bytes: Buffer): this {
    const at = this.#grow(bytes.length);
    bytes.copy(this.#buffer, at);
    return this;
  }

  /** Appends text as UTF-8, without a length before it. */
  utf8(text: string): this {
    const at = this.#grow(Buffer.byteLength(text));
    this.#buffer.write(text, at, 'utf8');
    return this;
  }

  /** Bytes written so far, as a view: later writes leave it as it is. */
  toBuffer(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
