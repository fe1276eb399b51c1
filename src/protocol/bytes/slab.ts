/** Bytes of the first allocation; each one after it is twice as long, up to {@link SLAB_BYTES}. */
const FIRST_SLAB_BYTES = 4096;
/** Bytes of one allocation that many small pieces share. */
const SLAB_BYTES = 65_536;
/** A piece longer than this has memory of its own. */
const LONGEST_PIECE = SLAB_BYTES / 4;

const EMPTY = Buffer.alloc(0);

/**
 * Cuts many small pieces from few allocations. A piece that is still in use keeps its whole slab in memory, so those who
 * cut from the same one should live about as long.
 */
export class Slab {
  #memory: Buffer = EMPTY;
  #used = 0;

  /** Memory of `count` bytes that nobody else has. What is in it is any bytes. */
  take(count: number): Buffer {
    if (count > LONGEST_PIECE) return Buffer.allocUnsafeSlow(count);
    const start = this.#used + count <= this.#memory.length ? this.#used : this.#renew(count);
    this.#used = start + count;
    return this.#memory.subarray(start, this.#used);
  }

  #renew(count: number): number {
    const size = Math.min(SLAB_BYTES, Math.max(FIRST_SLAB_BYTES, 2 * this.#memory.length, 4 * count));
    this.#memory = Buffer.allocUnsafeSlow(size);
    return 0;
  }
}
