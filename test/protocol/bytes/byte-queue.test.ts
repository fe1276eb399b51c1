import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteQueue } from '../../../src/protocol/bytes/byte-queue.ts';
import { pattern, pieces } from '../../support/wire.ts';

function queueOf(...buffers: (Buffer | string)[]): ByteQueue {
  const queue = new ByteQueue();
  for (const buffer of buffers) queue.push(Buffer.from(buffer as string));
  return queue;
}

describe('a byte queue', () => {
  test('starts empty and stays empty when nothing is pushed', () => {
    const queue = queueOf('');
    expect([queue.length, queue.peek(1), queue.take(0).length]).toEqual([0, undefined, 0]);
    queue.skip(0);
    expect(queue.length).toBe(0);
  });

  test('peeks within one buffer without a copy', () => {
    const pushed = Buffer.from('abcdef');
    const queue = new ByteQueue();
    queue.push(pushed);
    expect(queue.peek(3)?.buffer).toBe(pushed.buffer);
    expect(queue.peek(3)?.toString()).toBe('abc');
    expect(queue.length).toBe(6);
  });

  test('peeks across buffers', () => {
    expect(queueOf('ab', 'c', 'def').peek(5)?.toString()).toBe('abcde');
  });

  test('does not peek at what has not arrived', () => {
    expect(queueOf('ab', 'c').peek(4)).toBeUndefined();
  });

  test('refuses to peek at more than its scratch holds', () => {
    expect(() => queueOf('a').peek(33)).toThrow(RangeError);
  });

  test('shows any byte without consuming it', () => {
    const queue = queueOf('ab', 'c', 'def');
    expect([0, 1, 2, 3, 5].map((index) => String.fromCharCode(queue.byteAt(index)))).toEqual([
      'a',
      'b',
      'c',
      'd',
      'f',
    ]);
    expect(() => queue.byteAt(6)).toThrow('wanted 7 bytes, 6 are there');
  });

  test('takes a copy, not a view', () => {
    const pushed = Buffer.from('abc');
    const queue = new ByteQueue();
    queue.push(pushed);
    const taken = queue.take(2);
    pushed.fill('x');
    expect(taken.toString()).toBe('ab');
  });

  test('reads into a place within a target', () => {
    const target = Buffer.from('......');
    queueOf('ab', 'cd').readInto(target, 2, 3);
    expect(target.toString()).toBe('..abc.');
  });

  test.each([
    ['take', (queue: ByteQueue) => queue.take(4)],
    ['skip', (queue: ByteQueue) => queue.skip(4)],
    ['readInto', (queue: ByteQueue) => queue.readInto(Buffer.alloc(9), 0, 4)],
  ])('%s refuses more than there is', (_, act) => {
    expect(() => act(queueOf('abc'))).toThrow('wanted 4 bytes, 3 are there');
  });

  test('refuses to read past the end of a target', () => {
    expect(() => queueOf('abc').readInto(Buffer.alloc(4), 2, 3)).toThrow(RangeError);
  });

  test('lends what is pushed until it is told to keep it', () => {
    const [first, second] = [Buffer.from('abcdef'), Buffer.from('ghi')];
    const queue = new ByteQueue();
    queue.push(first);
    queue.skip(2);
    queue.keep();
    queue.push(second);
    first.fill('x');
    expect(queue.peek(5)?.toString()).toBe('cdefg');
    queue.skip(5);
    queue.keep();
    second.fill('x');
    expect(queue.take(2).toString()).toBe('hi');
    queue.keep();
    expect(queue.length).toBe(0);
  });

  test('copies what it keeps once', () => {
    const queue = queueOf('abc');
    queue.keep();
    const kept = queue.peek(3);
    queue.push(Buffer.from('def'));
    queue.keep();
    expect(queue.peek(3)?.buffer).toBe(kept?.buffer);
    expect(queue.peek(3)?.byteOffset).toBe(kept?.byteOffset);
  });

  test('gives back thousands of single bytes in order', () => {
    const bytes = pattern(5000);
    const queue = queueOf(...Array.from(bytes, (byte) => Buffer.of(byte)));
    const out = Array.from({ length: 500 }, () => queue.take(10));
    expect(Buffer.concat(out).equals(bytes)).toBe(true);
  });

  test('gives back what was pushed, however it was cut and is taken', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(300)),
        fc.array(fc.tuple(fc.constantFrom('take', 'skip', 'push'), fc.nat(40)), { maxLength: 60 }),
        (source, cuts, steps) => {
          const bytes = Buffer.from(source);
          const waiting = pieces(bytes, cuts);
          const queue = new ByteQueue();
          let at = 0;
          for (const [kind, amount] of steps) {
            if (kind === 'push') queue.push(waiting.shift() ?? Buffer.alloc(0));
            const count = Math.min(amount, queue.length);
            expect(
              queue.peek(Math.min(count, 32))?.equals(bytes.subarray(at, at + Math.min(count, 32))),
            ).toBe(true);
            if (kind === 'take') expect(queue.take(count).equals(bytes.subarray(at, at + count))).toBe(true);
            if (kind === 'skip') queue.skip(count);
            if (kind !== 'push') at += count;
          }
        },
      ),
    );
  });

  test('gives back what was lent, whatever becomes of it once it is kept', () => {
    const parts = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(60)), { maxLength: 40 });
    fc.assert(
      fc.property(parts, (source) => {
        const queue = new ByteQueue();
        const taken: Buffer[] = [];
        for (const [bytes, amount] of source) {
          const lent = Buffer.from(bytes);
          queue.push(lent);
          taken.push(queue.take(Math.min(amount, queue.length)));
          queue.keep();
          lent.fill(0x5a);
        }
        taken.push(queue.take(queue.length));
        expect(Buffer.concat(taken)).toEqual(Buffer.concat(source.map(([bytes]) => bytes)));
      }),
    );
  });
});
