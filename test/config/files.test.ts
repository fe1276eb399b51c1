import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { beforeEach, expect, test } from 'vitest';
import { formatDiagnostic, loadConfig } from '../../src/config/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatecast-'));
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function errorsOf(path: string): string[] {
  const loaded = loadConfig(path);
  return loaded.ok ? [] : loaded.errors.map((error) => formatDiagnostic(error).replaceAll(`${folder}/`, ''));
}

function vhostsOf(path: string): string[] {
  const loaded = loadConfig(path);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatDiagnostic).join('\n'));
  return loaded.config.vhosts.map((vhost) => vhost.name);
}

test('include reads files beside the one that names them, in blocks too', () => {
  write('conf.d/vhosts.conf', 'vhost a { include inner.conf; }');
  write('conf.d/inner.conf', 'play { gop_cache off; }');
  write('empty.conf', '');
  const path = write('main.conf', 'listen 1935; include conf.d/vhosts.conf empty.conf;');
  expect(vhostsOf(path)).toEqual(['a']);
  const loaded = loadConfig(path);
  expect(loaded.ok && loaded.config.vhosts[0]?.play.gopCache).toBe(false);
});

test('include takes patterns, in the order of names, and files in YAML', () => {
  write('v/b.conf', 'vhost b { }');
  write('v/a.yaml', 'vhost: { a: }');
  expect(vhostsOf(write('main.conf', 'listen 1935; include v/*;'))).toEqual(['a', 'b']);
  expect(vhostsOf(write('main.yaml', `listen: 1935\ninclude: ${folder}/v/*.conf`))).toEqual(['b']);
});

test('a pattern that matches nothing is a warning', () => {
  const loaded = loadConfig(write('main.conf', 'listen 1935; vhost v { } include none/*.conf;'));
  expect(loaded.warnings.map(({ message }) => message)).toEqual(['include "none/*.conf" matches no file']);
});

test('an error in an included file is told at its place there', () => {
  write('bad.conf', '\nvhost a { enabled maybe; }');
  expect(errorsOf(write('main.conf', 'listen 1935; include bad.conf;'))).toEqual([
    'bad.conf:2:19: enabled is "maybe", expected on or off',
  ]);
});

test('a duplicate in another file names that file', () => {
  write('more.conf', 'max_connections 5;');
  const loaded = loadConfig(
    write('main.conf', 'listen 1935; vhost v { } max_connections 4; include more.conf;'),
  );
  expect(loaded.warnings.map(({ message }) => message.replace(`${folder}/`, ''))).toEqual([
    'max_connections is here twice, the first one counts (line 1 of main.conf)',
  ]);
});

test('includes that cannot be followed are errors at the word that names them', () => {
  write('loop.conf', 'include main.conf;');
  expect(
    errorsOf(write('main.conf', 'listen 1935;\ninclude none.conf loop.conf;\ninclude;\ninclude . { }')),
  ).toEqual([
    'main.conf:2:9: "none.conf" cannot be read: there is no such file',
    'main.conf:3:1: include takes the names of files, expected "include FILE...;"',
    'main.conf:4:1: include takes the names of files, expected "include FILE...;"',
    'loop.conf:1:9: "main.conf" includes itself',
  ]);
  expect(errorsOf(write('folder.conf', `listen 1935; include ${folder};`))[0]).toMatch(
    /is not a file, expected one$/,
  );
});

test('how much may be included is bounded', () => {
  write('a.conf', '');
  expect(errorsOf(write('many.conf', `listen 1935; include ${'a.conf '.repeat(300)};`))).toContain(
    'many.conf: more than 256 files are included',
  );
  for (let i = 0; i < 40; i += 1) write(`deep${i}.conf`, `include deep${i + 1}.conf;`);
  expect(errorsOf(write('deep.conf', 'include deep0.conf;')).join()).toMatch(
    /files are included more than 32 deep/,
  );
  write('big.conf', '#'.repeat(1_000_000));
  expect(errorsOf(write('huge.conf', `include ${'big.conf '.repeat(10)};`))).toContain(
    'huge.conf: included files have more than 8388608 bytes together',
  );
  expect(errorsOf(write('fat.conf', '#'.repeat(2_000_000)))).toEqual([
    'fat.conf: has 2000000 bytes, expected at most 1048576',
  ]);
});

test('a pipe is refused, and nobody waits for its writer', () => {
  const pipe = join(folder, 'pipe.conf');
  execFileSync('mkfifo', [pipe]);
  expect(errorsOf(pipe)).toEqual(['pipe.conf: is not a file, expected one']);
});

test('tls_ca_file is read at load', () => {
  const pem = rootCertificates[0] ?? '';
  const file = write('ca.pem', pem);
  const loaded = loadConfig(write('a.conf', `listen 1935; vhost v { http_hooks { tls_ca_file ${file}; } }`));
  expect(loaded.ok && loaded.config.vhosts[0]?.hooks.ca).toBe(readFileSync(file, 'utf8'));
});

test.each([
  ['is missing', undefined, '"ca.pem" cannot be read: there is no such file'],
  ['holds something else', 'hello', 'tls_ca_file "ca.pem" holds no readable certificates, expected PEM'],
  [
    'holds a broken certificate',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    'tls_ca_file "ca.pem" holds no readable certificates, expected PEM',
  ],
])('a tls_ca_file that %s is an error at its place', (_name, text, message) => {
  if (text !== undefined) write('ca.pem', text);
  const path = write('a.conf', `listen 1935;\nvhost v { http_hooks { tls_ca_file ${folder}/ca.pem; } }`);
  expect(errorsOf(path)).toEqual([`a.conf:2:24: ${message}`]);
});
