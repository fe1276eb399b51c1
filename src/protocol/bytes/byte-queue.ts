const EMPTY = Buffer.alloc(0);
const PEEK_LIMIT = 32;
/** Consumed slots are dropped in one go once they are this many and the majority, so that removal stays O(1) amortised. */
const COMPACT_AT = 64;

/**
 * Bytes that have arrived and wait to be consumed, kept in the buffers they came in. Nothing is copied until
 * it is read. Pushed buffers are borrowed: they must not change until they have been consumed or {@link keep} is called.
 * Asking for more than {@link length} is a bug of the caller and throws `RangeError`.
 */
export class ByteQueue {
  #head: Buffer = EMPTY;
  #offset = 0;
  #length = 0;
  /** The buffers behind the head, from `#first` on. As a rule there are none. */
  #more: Buffer[] = [];
  #first = 0;
  /** Number of the newest buffers that are borrowed. */
  #borrowed = 0;
  readonly #scratch = Buffer.alloc(PEEK_LIMIT);

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Appends a buffer without copying it. */
  push(buffer: Buffer): void {
    if (buffer.length === 0) return;
    if (this.#length === 0) this.#head = buffer;
    else this.#more.push(buffer);
    this.#length += buffer.length;
    this.#borrowed += 1;
  }

  /** Gives borrowed buffers back: what of them has not been consumed is copied. */
  keep(): void {
    const borrowed = this.#borrowed;
    this.#borrowed = 0;
    if (this.#length === 0) return;
    const { length } = this.#more;
    if (borrowed > length - this.#first) {
      this.#head = Buffer.from(this.#head.subarray(this.#offset));
      this.#offset = 0;
    }
    for (let slot = Math.max(this.#first, length - borrowed); slot < length; slot++) {
      this.#more[slot] = Buffer.from(this.#more[slot] as Buffer);
    }
  }

  /** The byte `index` places from the front, without consuming it. Allocates nothing. */
  byteAt(index: number): number {
    const at = this.#offset + index;
    if (at < this.#head.length) return this.#head[at] as number;
    this.#demand(index + 1);
    let rest = at - this.#head.length;
    for (let slot = this.#first; ; slot++) {
      const buffer = this.#more[slot] as Buffer;
      if (rest < buffer.length) return buffer[rest] as number;
      rest -= buffer.length;
    }
  }

  /**
   * The next `count` bytes (at most 32) without consuming them, or undefined while fewer have arrived. The result
   * is valid until the next call: a view of what was pushed, or of a scratch when the bytes straddle buffers.
   */
  peek(count: number): Buffer | undefined {
    if (count > PEEK_LIMIT) throw new RangeError(`cannot peek at ${count} bytes, only at ${PEEK_LIMIT}`);
    if (count > this.#length) return undefined;
    if (this.#offset + count <= this.#head.length)
      return this.#head.subarray(this.#offset, this.#offset + count);
    for (let i = 0; i < count; i++) this.#scratch[i] = this.byteAt(i);
    return this.#scratch.subarray(0, count);
  }

  /** Consumes `count` bytes. */
  skip(count: number): void {
    this.#demand(count);
    this.#length -= count;
    this.#offset += count;
    while (this.#offset >= this.#head.length && this.#head !== EMPTY) {
      this.#offset -= this.#head.length;
      this.#nextBuffer();
    }
  }

  /** Consumes `count` bytes and writes them to `target` from `offset` on. */
  readInto(target: Buffer, offset: number, count: number): void {
    this.#demand(count);
    if (offset + count > target.length) {
      throw new RangeError(`cannot read ${count} bytes to offset ${offset} of ${target.length}`);
    }
    let done = 0;
    while (done < count) {
      const step = Math.min(count - done, this.#head.length - this.#offset);
      this.#head.copy(target, offset + done, this.#offset, this.#offset + step);
      done += step;
      this.skip(step);
    }
  }

  /** Consumes `count` bytes and returns a copy of them. */
  take(count: number): Buffer {
    this.#demand(count);
    const target = Buffer.allocUnsafe(count);
    this.readInto(target, 0, count);
    return target;
  }

  #nextBuffer(): void {
    if (this.#first === this.#more.length) {
      this.#head = EMPTY;
      return;
    }
    this.#head = this.#more[this.#first] as Buffer;
    this.#more[this.#first] = EMPTY;
    this.#first += 1;
    if (this.#first === this.#more.length) {
      this.#more = [];
      this.#first = 0;
    } else if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#more.length) {
      this.#more = this.#more.slice(this.#first);
      this.#first = 0;
    }
  }

  #demand(count: number): void {
    if (count > this.#length) throw new RangeError(`wanted ${count} bytes, ${this.#length} are there`);
  }
}
