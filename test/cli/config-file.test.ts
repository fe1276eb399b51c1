import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigFile, type Outcome } from '../../src/cli/config-file.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/model/options.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const GOOD = 'listen 1935;\nvhost v { }\n';
const OTHER = 'listen 1936;\nvhost v { }\n';

/** A file that is in force, and what the server has been asked to go over to. */
function open(text = GOOD, refusal?: string) {
  const path = stopped(temporaryDirectory()).file('a.conf');
  writeFileSync(path, text);
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const went: Config[] = [];
  const told: Outcome[] = [];
  const goOver = (config: Config) => {
    if (refusal !== undefined) return Promise.reject(new Error(refusal));
    went.push(config);
    return Promise.resolve(['workers stays 1']);
  };
  const file = new ConfigFile(path, loaded, goOver, (outcome) => told.push(outcome));
  return { path, file, went, told, read: () => readFileSync(path, 'utf8') };
}

test('a text is checked as the command line checks a file, and compared with what is in force', () => {
  const { file, path, went } = open();
  expect(file.check('listen 1935;\nvhst v { }')).toEqual({
    ok: false,
    errors: [`${path}:2:1: unknown directive "vhst" in the top level, did you mean vhost?`],
    warnings: [],
    changes: [],
  });
  expect(file.check(OTHER)).toMatchObject({
    ok: true,
    changes: [{ path: 'listen', from: '1935', to: '1936' }],
  });
  expect(went).toEqual([]);
});

test('a text is put in the place of the file, whose rights stay, and the server goes over to it', async () => {
  const { file, path, went, told, read } = open();
  chmodSync(path, 0o640);
  const { etag } = await file.read();
  expect(await file.apply(OTHER, etag)).toMatchObject({
    ok: true,
    applied: true,
    warnings: ['workers stays 1'],
  });
  expect(read()).toBe(OTHER);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(dirname(path))).toEqual(['a.conf']);
  expect(went.map(({ listen }) => listen[0]?.port)).toEqual([1936]);
  expect(file.warnings()).toEqual(['workers stays 1']);
  expect(file.settings().find(({ name }) => name === 'listen')?.args).toEqual(['1936']);
  expect(told).toHaveLength(1);
});

test('a text with errors changes nothing', async () => {
  const { file, went, told, read } = open();
  const { etag } = await file.read();
  const outcome = await file.apply('listen 1935; vhst v { }', etag);
  expect(outcome).toMatchObject({ ok: false, applied: false, errors: [expect.stringContaining('vhst')] });
  expect(read()).toBe(GOOD);
  expect(went).toEqual([]);
  expect(told).toEqual([]);
  expect((await file.read()).etag).toBe(etag);
});

test('a text that the server cannot go over to is taken back', async () => {
  const { file, read, told } = open(GOOD, 'cannot listen at 1936');
  const { etag } = await file.read();
  expect(await file.apply(OTHER, etag)).toMatchObject({
    ok: false,
    applied: false,
    errors: ['cannot listen at 1936'],
  });
  expect(read()).toBe(GOOD);
  expect(file.settings().find(({ name }) => name === 'listen')?.args).toEqual(['1935']);
  expect(told).toMatchObject([{ ok: false }]);
});

test('a file that has changed since it was read is left alone', async () => {
  const { file, path, read } = open();
  const { etag } = await file.read();
  writeFileSync(path, '# by hand\n');
  await expect(file.apply(OTHER, etag)).rejects.toThrow('has changed since it was read');
  expect(read()).toBe('# by hand\n');
});

test('a link stays a link', async () => {
  const directory = stopped(temporaryDirectory());
  const { path } = open();
  symlinkSync(path, directory.file('link.conf'));
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error('it loads');
  const link = new ConfigFile(
    directory.file('link.conf'),
    loaded,
    () => Promise.resolve([]),
    () => undefined,
  );
  const { etag } = await link.read();
  expect(await link.apply(OTHER, etag)).toMatchObject({ applied: true });
  expect(readFileSync(path, 'utf8')).toBe(OTHER);
  expect(readdirSync(directory.path)).toEqual(['link.conf']);
});

test('what cannot be read or written is told in a sentence', async () => {
  const { file, path } = open();
  const gone = new ConfigFile(
    `${path}.gone`,
    { ok: true, settings: [], warnings: [] } as never,
    () => Promise.resolve([]),
    () => undefined,
  );
  await expect(gone.read()).rejects.toThrow(/cannot be read/);
  const { etag } = await file.read();
  // Where the new text would be written beside it there is something already.
  writeFileSync(`${path}.${process.pid}.new`, '');
  await expect(file.apply(OTHER, etag)).rejects.toThrow(/cannot be written/);
});

test('one change waits for another', async () => {
  const { file, went } = open();
  const { etag } = await file.read();
  const both = await Promise.allSettled([
    file.apply(OTHER, etag),
    file.apply('listen 1937; vhost v { }', etag),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(went).toHaveLength(1);
  expect(await file.reload()).toMatchObject({ ok: true });
});
