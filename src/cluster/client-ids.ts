import type { NumberBlock } from './messages.ts';

/** Ids of one block. A worker has the next block before it needs it. */
const BLOCK_SIZE = 0x10000;
/** Ids stay below 2^31 and begin anew after two thousand million clients. */
const BLOCKS = 0x8000;

/** The primary's side: gives blocks of numbers out, no block twice in a long time. */
export class ClientIdAllocator {
  #next = 0;

  block(): NumberBlock {
    const first = this.#next * BLOCK_SIZE;
    this.#next = (this.#next + 1) % BLOCKS;
    return first === 0 ? { first: 1, count: BLOCK_SIZE - 1 } : { first, count: BLOCK_SIZE };
  }
}

/** A worker's side: numbers for its clients that no other worker gives out. */
export class ClientIds {
  readonly #blocks: NumberBlock[];
  readonly #want: () => void;
  #used = 0;

  /** `want` asks for another block, which `add` brings. */
  constructor(blocks: readonly NumberBlock[], want: () => void) {
    this.#blocks = [...blocks];
    this.#want = want;
  }

  add(block: NumberBlock): void {
    this.#blocks.push(block);
  }

  next(): number {
    const [block] = this.#blocks;
    if (!block) throw new Error('the primary gave out too few client numbers');
    const number = block.first + this.#used;
    this.#used += 1;
    if (this.#used === block.count) {
      this.#blocks.shift();
      this.#used = 0;
      this.#want();
    }
    return number;
  }
}
