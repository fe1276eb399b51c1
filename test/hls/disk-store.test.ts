import { readFileSync, rmSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { afterEach, expect, test } from 'vitest';
import { diskStore, readStored, type Stored } from '../../src/hls/segment-store.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let stop = () => {};
afterEach(() => stop());

/** A store that has room for eight bytes in memory. */
function smallStore() {
  const recent = new LRUCache<string, Buffer>({ maxSize: 8, sizeCalculation: ({ length }) => length });
  const directory = temporaryDirectory();
  stop = directory.stop;
  return diskStore({ writer: 'hls', root: directory.path, templates: ['live/[seq].ts'] }, recent);
}

async function textOf(stored: Stored): Promise<string> {
  const content = await readStored(stored, undefined);
  if (Buffer.isBuffer(content)) return content.toString();
  return Buffer.concat(await content.toArray()).toString();
}

test('the newest files are given out of memory, and the others from the disk', async () => {
  const store = smallStore();
  const old = await store.put('live/1.ts', Buffer.from('first'));
  const young = await store.put('live/2.ts', Buffer.from('second'));
  expect(readFileSync(young.file, 'utf8')).toBe('second');
  expect(old.bytes()).toBeUndefined();
  expect(await textOf(old)).toBe('first');
  rmSync(young.file);
  expect(await textOf(young)).toBe('second');
});

test('a part of a file is the same bytes, wherever they are', async () => {
  const store = smallStore();
  const old = await store.put('live/1.ts', Buffer.from('abcdef'));
  const young = await store.put('live/2.ts', Buffer.from('abcdef'));
  for (const stored of [old, young]) {
    const content = await readStored(stored, { start: 1, end: 3 });
    const bytes = Buffer.isBuffer(content) ? content : Buffer.concat(await content.toArray());
    expect(bytes.toString()).toBe('bcd');
  }
});

test('what is removed is nowhere any more', async () => {
  const store = smallStore();
  const stored = await store.put('live/1.ts', Buffer.from('gone'));
  await store.remove('live/1.ts');
  expect(stored.bytes()).toBeUndefined();
  await expect(readStored(stored, undefined)).rejects.toThrow('ENOENT');
});
