/** Zero bits before which an Exp-Golomb code may begin: more do not fit 32 bits. */
const MAX_LEADING_ZEROS = 31;

/**
 * Reads bits, the most significant first. It never throws: behind the end all bits are 0, and `exhausted` says that it
 * came to that, so that a parser looks once, at its end. A parser bounds its loops by itself.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** In bits. */
  #at = 0;
  #exhausted = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True once something was read that was not there, or that was no valid code. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Bits that are left. */
  get left(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  /** An unsigned number of 0 to 32 bits. */
  bits(count: number): number {
    if (count > this.left) {
      this.#exhausted = true;
      this.#at = this.#bytes.length * 8;
      return 0;
    }
    let value = 0;
    for (let wanted = count; wanted > 0; ) {
      const byte = this.#bytes[this.#at >> 3] as number;
      const there = 8 - (this.#at & 7);
      const taken = Math.min(there, wanted);
      value = value * 2 ** taken + ((byte >> (there - taken)) & ((1 << taken) - 1));
      this.#at += taken;
      wanted -= taken;
    }
    return value;
  }

  /** One bit. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    if (count > this.left) this.#exhausted = true;
    this.#at = Math.min(this.#at + count, this.#bytes.length * 8);
  }

  /** An unsigned Exp-Golomb code (H.264 9.1, `ue(v)`), below 2^32 - 1. */
  ue(): number {
    let zeros = 0;
    while (this.left > 0 && !this.flag()) {
      zeros += 1;
      if (zeros > MAX_LEADING_ZEROS) break;
    }
    if (zeros > MAX_LEADING_ZEROS || this.left < zeros) {
      this.#exhausted = true;
      return 0;
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** A signed Exp-Golomb code (H.264 9.1.1, `se(v)`). */
  se(): number {
    const code = this.ue();
    return code % 2 === 0 ? 0 - code / 2 : (code + 1) / 2;
  }
}
