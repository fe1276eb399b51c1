import fc from 'fast-check';
import { expect } from 'vitest';

/** Every beginning of `bytes` that is shorter than they are. */
export const cuts = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));

/** Says that `read` takes any bytes without throwing, also such as begin like real ones. */
export function survives(read: (bytes: Uint8Array) => unknown, real: Uint8Array): void {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(real.length), (noise, kept) => {
      read(noise);
      read(Buffer.concat([real.subarray(0, kept), noise]));
    }),
  );
  expect(() => read(Buffer.alloc(4096))).not.toThrow();
  expect(() => read(Buffer.alloc(4096, 0xff))).not.toThrow();
  expect(() => read(Buffer.concat([real, Buffer.alloc(4096)]))).not.toThrow();
}
