import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { LOG_FILE_BYTES, STORE_RETRY_MS } from '../../../src/hooks/outbox/record-log.ts';
import { Store } from '../../../src/hooks/outbox/store.ts';
import { required } from '../../support/requires.ts';
import { stopped } from '../../support/stopped.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import { handClock } from '../support.ts';

/** A store, and what it has told of its disk. */
function openStore(directory: string) {
  const clock = handClock();
  const told: string[] = [];
  const damages: { file: string; movedTo: string; why: string }[] = [];
  const store = new Store(directory, clock, {
    failed: (why) => told.push(`failed: ${why}`),
    recovered: () => told.push('recovered'),
    damaged: (damage) => damages.push(damage),
    outdated: (file, movedTo) => told.push(`outdated: ${file} ${movedTo}`),
  });
  onTestFinished(() => store.close());
  return {
    store,
    clock,
    told,
    damages,
    left: () =>
      store
        .takeLeft()
        .map(({ table, key, value }) => `${table} ${key} ${JSON.stringify(value)}`)
        .sort(),
    /** Commits what has been changed. */
    async commit(): Promise<boolean> {
      const saved = store.saved();
      clock.advance(10);
      return saved;
    },
  };
}

const directory = () => stopped(temporaryDirectory());
const filesOf = ({ file }: TemporaryDirectory) => readdirSync(file('outbox')).sort();
const padding = (bytes: number) => 'x'.repeat(bytes);

/** The first file of a store that has written three records, and has been closed. */
async function threeRecords(place: TemporaryDirectory): Promise<string> {
  const { store, commit } = openStore(place.path);
  for (const key of [1, 2, 3]) store.put('events', key, { text: `record ${key}` });
  await commit();
  await store.close();
  return place.file('outbox/00000001.log');
}

/** Changes a file in place. */
function edit(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
}

test('what was committed is there at the next start, and what was removed is not', async () => {
  const place = directory();
  const first = openStore(place.path);
  first.store.put('events', 2, 'two');
  first.store.put('events', 10, 'ten');
  first.store.put('open', 'a', 'opening');
  await first.commit();
  first.store.put('events', 2, 'two again');
  first.store.remove('open', 'a');
  await first.commit();
  await first.store.close();
  const second = openStore(place.path);
  expect(second.left()).toEqual(['events 10 "ten"', 'events 2 "two again"']);
  expect(second.store.get('events', 10)).toBe('ten');
  expect(second.damages).toEqual([]);
});

test('what a killed process had committed is there', async () => {
  const place = directory();
  const { store, commit } = openStore(place.path);
  store.put('events', 1, 'one');
  expect(await commit()).toBe(true);
  expect(openStore(place.path).left()).toEqual(['events 1 "one"']);
});

test('a record that is cut off at the end was being written, and is passed over without a word', async () => {
  const place = directory();
  const file = await threeRecords(place);
  edit(file, (bytes) => bytes.fill(0, bytes.indexOf('record 3')));
  const { left, damages } = openStore(place.path);
  expect(left()).toEqual(['events 1 {"text":"record 1"}', 'events 2 {"text":"record 2"}']);
  expect(damages).toEqual([]);
});

test('a record that does not read as it was written is left out, and its file kept aside', async () => {
  const place = directory();
  const file = await threeRecords(place);
  edit(file, (bytes) => bytes.write('RECORD', bytes.indexOf('record 2')));
  const spoilt = readFileSync(file);
  const second = openStore(place.path);
  expect(second.left()).toEqual(['events 1 {"text":"record 1"}', 'events 3 {"text":"record 3"}']);
  expect(second.damages).toMatchObject([{ file, why: 'has 1 lines that cannot be read' }]);
  second.store.put('events', 4, { text: 'record 4' });
  await second.commit();
  await second.store.close();
  expect(readFileSync(second.damages[0]?.movedTo ?? '').equals(spoilt)).toBe(true);
  const third = openStore(place.path);
  expect(third.left().map((line) => line.slice(0, 8))).toEqual(['events 1', 'events 3', 'events 4']);
  expect(third.damages).toEqual([]);
});

test('a record that changes on the disk while the store is open is left out', async () => {
  const place = directory();
  const { store, commit, damages } = openStore(place.path);
  for (const key of [1, 2]) store.put('events', key, `record ${key}`);
  await commit();
  edit(place.file('outbox/00000001.log'), (bytes) => bytes.write('RECORD', bytes.indexOf('record 1')));
  expect(store.get('events', 1)).toBeUndefined();
  expect(store.get('events', 2)).toBe('record 2');
  expect(damages).toHaveLength(1);
});

test.each([
  { name: 'is a text', spoil: (file: string) => writeFileSync(file, 'shopping list\n'), kept: [] },
  { name: 'is empty', spoil: (file: string) => writeFileSync(file, ''), kept: [] },
  { name: 'is zeros', spoil: (file: string) => writeFileSync(file, Buffer.alloc(LOG_FILE_BYTES)), kept: [] },
  {
    name: 'begins with something else',
    spoil: (file: string) => edit(file, (bytes) => bytes.write('datacast')),
    kept: [],
  },
  {
    name: 'is cut off',
    spoil: (file: string) => truncateSync(file, readFileSync(file).indexOf('record 3')),
    kept: ['events 1', 'events 2'],
  },
])('a file that $name is put aside, which is said once, and the store begins', async ({ spoil, kept }) => {
  const place = directory();
  const file = await threeRecords(place);
  spoil(file);
  const spoilt = readFileSync(file);
  const second = openStore(place.path);
  expect(second.left().map((line) => line.slice(0, 8))).toEqual(kept);
  expect(second.damages).toMatchObject([{ file }]);
  second.store.put('events', 9, 'nine');
  expect(await second.commit()).toBe(true);
  await second.store.close();
  expect(readFileSync(second.damages[0]?.movedTo ?? '').equals(spoilt)).toBe(true);
  const third = openStore(place.path);
  expect(third.left().map((line) => line.slice(0, 8))).toEqual([...kept, 'events 9']);
  expect(third.damages).toEqual([]);
});

test('a file in the place of its directory is put aside', async () => {
  const place = directory();
  writeFileSync(place.file('outbox'), 'mine');
  const { store, damages, commit } = openStore(place.path);
  store.put('events', 1, 'one');
  expect(await commit()).toBe(true);
  expect(damages).toMatchObject([{ file: place.file('outbox'), why: 'is not a directory' }]);
  expect(readFileSync(damages[0]?.movedTo ?? '', 'utf8')).toBe('mine');
});

test('the file of an earlier version is renamed, which is said once', () => {
  const place = directory();
  writeFileSync(place.file('outbox.mdb'), 'pages');
  const old = place.file('outbox.mdb');
  expect(openStore(place.path).told).toEqual([`outdated: ${old} ${old}.old`]);
  expect(openStore(place.path).told).toEqual([]);
});

test('a store whose records come and go stays small, and keeps those that stay', async () => {
  const place = directory();
  const { store, commit } = openStore(place.path);
  store.put('open', 'long', 'still here');
  for (let i = 0; i < 40; i++) {
    for (let n = 0; n < 20; n++) store.put('events', n, padding(10_000));
    await commit();
    for (let n = 0; n < 20; n++) store.remove('events', n);
    await commit();
  }
  expect(filesOf(place).length).toBeLessThanOrEqual(4);
  await store.close();
  expect(openStore(place.path).left()).toEqual(['open long "still here"']);
});

test('more than fits into many files is there at the next start', async () => {
  const place = directory();
  const { store, commit } = openStore(place.path);
  for (let n = 0; n < 500; n++) store.put('events', n, padding(10_000));
  expect(await commit()).toBe(true);
  store.put('events', 500, padding(2 * LOG_FILE_BYTES));
  expect(await commit()).toBe(true);
  await store.close();
  expect(openStore(place.path).left()).toHaveLength(501);
});

test('nobody else may read what is kept', async () => {
  const place = directory();
  const file = await threeRecords(place);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(place.file('outbox')).mode & 0o777).toBe(0o700);
});

/** A disk of 4 MiB, which a file can fill. */
function smallDisk(context: TestContext) {
  const place = directory();
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place.path]);
  stopped({ stop: () => void spawnSync('umount', ['-l', place.path]) });
  required(context, mount.status === 0 || undefined, 'no tmpfs can be mounted here to be filled');
  return {
    ...place,
    fill() {
      try {
        writeFileSync(place.file('filler'), Buffer.alloc(8_000_000));
      } catch {
        // That is the point.
      }
    },
    empty: () => rmSync(place.file('filler')),
  };
}

test('a full disk is not felt while what is kept fits into what was held ready', async (context) => {
  const disk = smallDisk(context);
  const { store, commit, told } = openStore(disk.path);
  store.put('open', 'long', 'still here');
  await commit();
  const sizes = () => filesOf(disk).map((name) => statSync(disk.file(`outbox/${name}`)).size);
  await until('a file that is held ready', () => sizes().join(' ') === `${LOG_FILE_BYTES} ${LOG_FILE_BYTES}`);
  disk.fill();
  for (let i = 0; i < 100; i++) {
    for (let n = 0; n < 5; n++) store.put('events', n, padding(10_000));
    expect(await commit()).toBe(true);
    for (let n = 0; n < 5; n++) store.remove('events', n);
    expect(await commit()).toBe(true);
  }
  expect(told).toEqual([]);
  await store.close();
  expect(openStore(disk.path).left()).toEqual(['open long "still here"']);
});

test('what a full disk does not take stays in memory, and is written when there is room', async (context) => {
  const disk = smallDisk(context);
  const { store, commit, told, clock } = openStore(disk.path);
  store.put('events', 0, 'before');
  await commit();
  disk.fill();
  let key = 0;
  do store.put('events', ++key, padding(50_000));
  while (await commit());
  expect(told).toEqual([expect.stringContaining('failed: ENOSPC')]);
  expect([store.onDisk, store.healthy]).toEqual([false, false]);
  store.put('events', ++key, 'meanwhile');
  store.remove('events', 1);
  expect(await store.saved()).toBe(false);
  expect(store.get('events', key)).toBe('meanwhile');
  expect(store.get('events', 0)).toBe('before');
  expect(openStore(disk.path).left().length).toBeGreaterThan(10);
  disk.empty();
  clock.advance(STORE_RETRY_MS);
  await until('the end of it', () => told.at(-1) === 'recovered');
  await store.close();
  const names = Array.from({ length: key + 1 }, (_, n) => n).filter((n) => n !== 1);
  expect(
    openStore(disk.path)
      .left()
      .map((line) => Number(line.split(' ')[1]))
      .sort((a, b) => a - b),
  ).toEqual(names);
});

test('a store that begins on a full disk keeps its records in memory until there is room', async (context) => {
  const disk = smallDisk(context);
  disk.fill();
  const { store, commit, told, clock } = openStore(disk.path);
  store.put('events', 1, 'one');
  expect(await commit()).toBe(false);
  disk.empty();
  clock.advance(STORE_RETRY_MS);
  await until('the end of it', () => told.at(-1) === 'recovered');
  await store.close();
  expect(openStore(disk.path).left()).toEqual(['events 1 "one"']);
});
