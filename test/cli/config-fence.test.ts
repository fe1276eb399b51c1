import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigFile } from '../../src/cli/config-file.ts';
import { loadConfig } from '../../src/config/index.ts';
import { BLOCKS, specsOf } from '../../src/config/schema/index.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const OUT_OF_BOUNDS = /is out of bounds for a configuration that is sent to the API/;

/** A machine with a configuration that is in force, and with places that are none of its business. */
function machine(text: (at: (path: string) => string) => string, env: NodeJS.ProcessEnv = {}) {
  const root = stopped(temporaryDirectory()).path;
  const at = (path: string) => join(root, path);
  for (const directory of ['etc/conf.d', 'home/ops', 'srv/hls/live', 'srv/www', 'var'])
    mkdirSync(at(directory), { recursive: true });
  writeFileSync(at('home/ops/passwords'), 'root:sesame;\n');
  writeFileSync(at('etc/notes'), 'dear diary sesame;\n');
  writeFileSync(at('etc/conf.d/one.conf'), 'vhost one { }\n');
  symlinkSync(at('home'), at('etc/conf.d/link'));
  symlinkSync(at('nowhere'), at('srv/www/dangling'));
  const file = at('etc/gatecast.conf');
  writeFileSync(file, text(at));
  const loaded = loadConfig(file, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const config = new ConfigFile(
    file,
    loaded,
    () => Promise.resolve([]),
    () => undefined,
  );
  const check = (edited: string) => config.check(edited.replaceAll('@', `${root}/`));
  return { at, config, check };
}

const LISTEN = 'listen 1935; vhost v { }';
const running =
  (more = '') =>
  (at: (path: string) => string) =>
    `listen 1935;
   http_server { dir ${at('srv/www')}; }
   http_api { ${more.replaceAll('@', at('/'))} }
   vhost v { hls { hls_path ${at('srv/hls')}; } dvr { dvr_path ${at('srv/hls')}/[app]/[stream].flv; } }
   srs_log_file ${at('var/gatecast.log')};
   include ${at('etc/conf.d/one.conf')};`;

describe('a configuration that comes by the API', () => {
  test.each([
    ['includes a file of the machine', `${LISTEN} include @home/ops/passwords;`],
    ['includes one that is not there', `${LISTEN} include @home/ops/nothing;`],
    ['includes a device', `${LISTEN} include /proc/self/environ;`],
    ['goes out by ..', `${LISTEN} include @etc/conf.d/../../home/ops/passwords;`],
    ['goes out by a link', `${LISTEN} include @etc/conf.d/link/ops/passwords;`],
    ['goes through a link and back', `${LISTEN} include @etc/conf.d/link/../home/ops/passwords;`],
    ['matches files of the machine', `${LISTEN} include @home/ops/*;`],
    ['matches and goes out', `${LISTEN} include @etc/*/../../home/ops/*;`],
    ['matches by a link', `${LISTEN} include @etc/conf.d/l*/ops/*;`],
    ['reads a secret', 'listen 1935; vhost v { http_hooks { header X-A file:@home/ops/passwords; } }'],
    ['reads a key', 'listen 1935; vhost v { tls { cert @home/ops/passwords; key @home/ops/passwords; } }'],
    ['trusts a file', 'listen 1935; vhost v { http_hooks { tls_ca_file @home/ops/passwords; } }'],
    ['serves the machine', 'listen 1935; vhost v { } http_server { dir /; }'],
    ['serves a home', 'listen 1935; vhost v { } http_server { dir @home; }'],
    ['serves the configuration', 'listen 1935; vhost v { } http_server { dir @etc; }'],
    ['serves the directory of the log', 'listen 1935; vhost v { } http_server { dir @var; }'],
    ['writes segments elsewhere', 'listen 1935; vhost v { hls { hls_path @home/[vhost]; } }'],
    ['writes segments over a link', 'listen 1935; vhost v { hls { hls_path @srv/www/dangling; } }'],
    [
      'records elsewhere',
      'listen 1935; vhost v { dvr { dvr_path @srv/hls/[app]/../../../home/[stream].flv; } }',
    ],
    ['logs elsewhere', 'listen 1935; vhost v { } srs_log_file @home/ops/authorized_keys;'],
    ['writes its number elsewhere', 'listen 1935; vhost v { } pid @home/ops/pid;'],
    ['keeps its state elsewhere', 'listen 1935; vhost v { } state_dir @home;'],
    ['widens its own bounds', 'listen 1935; vhost v { } http_api { edit_roots /; }'],
  ])('is refused if it %s', (_what, text) => {
    const { check } = machine(running());
    const dryRun = check(text);
    expect(dryRun).toMatchObject({ ok: false, changes: [] });
    expect(dryRun.errors).not.toEqual([]);
    for (const error of dryRun.errors) expect(error).toMatch(OUT_OF_BOUNDS);
    expect(JSON.stringify(dryRun)).not.toMatch(/sesame|ENOENT|passwords is|cannot be read/);
  });

  test('says the same of what is there and what is not', () => {
    const { check } = machine(running());
    const of = (name: string) =>
      check(`${LISTEN} include @home/ops/${name};`).errors.join().replaceAll(name, '');
    expect(of('passwords')).toBe(of('nothing'));
  });

  test('may say again whatever the configuration in force says', async () => {
    const { config } = machine(running('edit_roots @home;'));
    const { text } = await config.read();
    expect(config.check(text)).toMatchObject({ ok: true, errors: [], changes: [] });
  });

  test.each([
    ['include what is beside the file', `${LISTEN} include @etc/conf.d/one.conf;`],
    ['match what is beside the file', `${LISTEN} include conf.d/*.conf;`],
    ['serve a part of what is served', 'listen 1935; vhost v { } http_server { dir @srv/www/page; }'],
    [
      'record where segments are written',
      'listen 1935; vhost v { dvr { dvr_path @srv/hls/rec/[stream].mp4; } }',
    ],
    ['go back to the defaults', 'listen 1935; vhost v { hls { hls_path ./objs/nginx/html; } }'],
  ])('may %s', (_what, text) => {
    expect(machine(running()).check(text)).toMatchObject({ ok: true, errors: [] });
  });

  test('reaches what is under edit_roots', () => {
    const { check } = machine(running('edit_roots @home @srv;'));
    for (const text of [
      'listen 1935; vhost v { } http_server { dir @home/ops; }',
      'listen 1935; vhost v { hls { hls_path @srv/more; } }',
      'listen 1935; vhost v { } http_api { edit_roots @srv/hls; }',
    ])
      expect(check(text)).toMatchObject({ ok: true, errors: [] });
    expect(check('listen 1935; vhost v { } http_server { dir @var; }').ok).toBe(false);
  });

  test('learns nothing of a file beside it that is no configuration', () => {
    const { at, check } = machine(running());
    const dryRun = check(`${LISTEN} include @etc/notes;`);
    expect(dryRun.errors).toEqual([
      expect.stringMatching(`^${at('etc/notes')}: is no configuration as it is`),
    ]);
    expect(JSON.stringify(dryRun)).not.toMatch(/diary|sesame/);
  });

  test('names no variable that the configuration in force does not name', () => {
    const header = (name: string) => `listen 1935; vhost v { http_hooks { header X-A env:${name}; } }`;
    process.env['GATECAST_TEST_KNOWN'] = process.env['GATECAST_TEST_OTHER'] = 'sesame';
    const { check } = machine(() => header('GATECAST_TEST_KNOWN'), process.env);
    expect(check(header('GATECAST_TEST_KNOWN')).ok).toBe(true);
    expect(check(header('GATECAST_TEST_OTHER')).errors).toEqual([
      expect.stringContaining('variable GATECAST_TEST_OTHER is not used by the configuration in force'),
    ]);
    delete process.env['GATECAST_TEST_KNOWN'];
    delete process.env['GATECAST_TEST_OTHER'];
  });

  test('is not put in the place of the file if it goes out of bounds', async () => {
    const { config } = machine(running());
    const { text, etag } = await config.read();
    expect(await config.apply(`${text}\npid /tmp/elsewhere;`, etag)).toMatchObject({
      ok: false,
      applied: false,
    });
    expect((await config.read()).etag).toBe(etag);
  });
});

test('every directive that names a file or a directory says what is done there', () => {
  const named = BLOCKS.flatMap((block) => specsOf(block)).filter(
    ({ name, example }) =>
      /(?:^|_)(?:file|path|dir|roots|cert|key|pid)$/.test(name) || /^\.{0,2}\//.test(example),
  );
  // Those stay under hls_path.
  const inner = /^hls_(?:m3u8|ts|fmp4|init)_file$/;
  const others = named.filter(({ name, path }) => path === undefined && !inner.test(name));
  expect(new Set(others.map(({ name }) => name))).toEqual(new Set(['cache_key']));
});
