import type { FileHandle } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Disk, type DiskFailure, FileWriter } from '../../src/recorder/file-writer.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { pattern } from '../support/wire.ts';

type Write = (parts: readonly Buffer[], position: number) => Promise<{ bytesWritten: number }>;

/** A writer to a file whose writes the test makes. */
function openWriter(writev: Write, disk = new Disk()) {
  const clock = new FakeClock();
  const failures: DiskFailure[] = [];
  const handle = { writev } as unknown as FileHandle;
  const writer = new FileWriter(Promise.resolve(handle), { disk, clock }, (failure) =>
    failures.push(failure),
  );
  const append = (bytes: Buffer) => writer.append(bytes.length, (target, at) => bytes.copy(target, at));
  return { writer, append, failures, clock };
}

/** A file in memory that takes some bytes at a time. */
function memory(most: number) {
  let bytes: Buffer = Buffer.alloc(0);
  const write: Write = (parts, position) => {
    const taken = Buffer.concat(parts).subarray(0, most);
    bytes = Buffer.concat([bytes.subarray(0, position), taken]);
    return Promise.resolve({ bytesWritten: taken.length });
  };
  return { write, bytes: () => bytes };
}

test.each([1_000_000, 7_000, 1])('everything is written in order, %i bytes at a time', async (most) => {
  const { write, bytes } = memory(most);
  const { writer, append } = openWriter(write);
  const sizes = most === 1 ? [3, 1, 0, 9] : [10, 70_000, 1, 300_000, 65_536, 0, 5];
  const parts = sizes.map((size, index) => pattern(size, index + 1));
  for (const part of parts) append(part);
  await writer.close();
  expect(bytes().equals(Buffer.concat(parts))).toBe(true);
  expect(writer.length).toBe(bytes().length);
});

test('little is gathered for a moment, much is written at once', async () => {
  const { write, bytes } = memory(1_000_000);
  const { append, clock } = openWriter(write);
  append(pattern(100));
  expect(clock.pending).toHaveLength(1);
  clock.advance(1_000);
  await expect.poll(() => bytes().length).toBe(100);
  append(pattern(300_000));
  await expect.poll(() => bytes().length).toBe(300_100);
});

test.each([
  ['ENOSPC', 'disk_full'],
  ['EDQUOT', 'disk_full'],
  ['EIO', 'disk_error'],
])('%s is told once as %s, and nothing is written behind it', async (code, reason) => {
  let writes = 0;
  const { writer, append, failures } = openWriter(() => {
    writes++;
    return Promise.reject(Object.assign(new Error(`${code}: no`), { code }));
  });
  append(pattern(300_000));
  await expect.poll(() => failures).toEqual([{ reason, why: `${code}: no` }]);
  append(pattern(300_000));
  await writer.close();
  expect(writes).toBe(1);
});

test('a disk that takes nothing and says nothing is an error', async () => {
  const { writer, append, failures } = openWriter(() => Promise.resolve({ bytesWritten: 0 }));
  append(pattern(10));
  await writer.close();
  expect(failures).toMatchObject([{ reason: 'disk_error' }]);
});

test('a file that cannot be opened is an error', async () => {
  const failures: DiskFailure[] = [];
  const opening = Promise.reject(Object.assign(new Error('no entry'), { code: 'EACCES' }));
  const writer = new FileWriter(opening, { disk: new Disk(), clock: new FakeClock() }, (failure) =>
    failures.push(failure),
  );
  writer.append(1, () => undefined);
  await writer.close();
  expect(failures).toEqual([{ reason: 'disk_error', why: 'no entry' }]);
});

test('a disk that does not answer ends the file when 32 MiB wait, and others when all wait for 256', () => {
  const disk = new Disk();
  const stuck = () => openWriter(() => new Promise(() => undefined), disk);
  const mebibyte = Buffer.alloc(1024 * 1024);
  const one = stuck();
  for (let i = 0; i < 33; i++) one.append(mebibyte);
  expect(one.failures).toEqual([]);
  one.append(mebibyte);
  expect(one.failures).toMatchObject([{ reason: 'disk_slow' }]);
  const many = Array.from({ length: 10 }, stuck);
  for (let i = 0; i < 30; i++) for (const { append } of many) append(mebibyte);
  expect(many.flatMap(({ failures }) => failures).length).toBeGreaterThan(0);
  expect(many.some(({ failures }) => failures.length === 0)).toBe(true);
});

test('two operations are under way at once, others wait their turn', async () => {
  const disk = new Disk();
  const open: (() => void)[] = [];
  const work = () => disk.run(() => new Promise<void>((resolve) => open.push(resolve)));
  const all = [work(), work(), work(), work()];
  expect(open).toHaveLength(2);
  open[0]?.();
  await expect.poll(() => open.length).toBe(3);
  open[1]?.();
  open[2]?.();
  await expect.poll(() => open.length).toBe(4);
  open[3]?.();
  await Promise.all(all);
});
