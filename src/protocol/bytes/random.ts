import { randomBytes } from 'node:crypto';

/** A source of random bytes, or something that can be foretold in tests. */
export type RandomBytes = (size: number) => Buffer;

/** Bytes that are drawn at once: what it takes to shake hands with about ten clients. */
const BLOCK_BYTES = 16_384;

/**
 * A source of random bytes that draws them in large blocks, since each drawing has its price, however small. No byte is
 * handed out twice. What is handed out keeps a block in memory for as long as it is kept.
 */
export function randomSource(draw: RandomBytes = randomBytes): RandomBytes {
  let block: Buffer = Buffer.alloc(0);
  let used = 0;
  return (size) => {
    if (size > BLOCK_BYTES) return draw(size);
    if (used + size > block.length) {
      block = draw(BLOCK_BYTES);
      used = 0;
    }
    used += size;
    return block.subarray(used - size, used);
  };
}
