import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** Which room of src/ may import which, beside itself. Everything else is an error, type imports included. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  model: ['protocol'],
  hub: ['model', 'protocol'],
  media: ['model', 'protocol'],
  hls: ['media', 'hub', 'model', 'protocol'],
  dvr: ['media', 'model', 'protocol'],
  visits: ['hub', 'model', 'protocol', 'tls'],
  session: ['visits', 'hub', 'model', 'protocol'],
  census: ['visits', 'media', 'hub', 'model', 'protocol'],
  cluster: ['hub', 'model', 'protocol', 'session', 'visits'],
  hooks: ['model'],
  access: ['model'],
  tls: ['model'],
  config: ['model', 'tls'],
  observe: ['model'],
  http: ['visits', 'hls', 'hub', 'model', 'protocol'],
  cli: ['server', 'primary', 'config', 'hooks', 'observe', 'model', 'version'],
  'hook-desk': ['hooks', 'http', 'model', 'observe'],
  doors: ['http', 'model', 'session', 'tls', 'visits'],
  'api-desk': ['census', 'hook-desk', 'http', 'model', 'observe', 'tls', 'version'],
  'refusal-count': ['model'],
  'house-rules': ['access', 'hooks', 'model', 'refusal-count', 'visits'],
  takers: ['dvr', 'hls', 'hub', 'model'],
  primary: [
    'api-desk',
    'cluster',
    'dvr',
    'hls',
    'hook-desk',
    'hooks',
    'http',
    'model',
    'observe',
    'server',
    'version',
  ],
  worker: ['cluster', 'model', 'observe', 'server'],
  server: [
    'api-desk',
    'cluster',
    'doors',
    'dvr',
    'hls',
    'hook-desk',
    'hooks',
    'house-rules',
    'http',
    'hub',
    'model',
    'refusal-count',
    'session',
    'takers',
    'visits',
    'version',
  ],
  version: [],
  // Only types, of what goes over the wire: see below.
  console: ['http', 'model'],
  index: ['server', 'config', 'model', 'session', 'version'],
};

/** Rooms that turn bytes into values and nothing else. */
const PURE: Record<string, RegExp> = {
  protocol: /^node:(?!crypto$)/,
  hub: /^node:/,
};

const files = globSync('**/*.{ts,tsx}', { cwd: SRC }).sort();

const roomOf = (file: string) =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap((match) => match[1] ?? []);
}

test.each(files)('%s imports only the rooms it may know', (file) => {
  const room = roomOf(file);
  const allowed = MAY_IMPORT[room];
  expect(allowed, `src/${room} is not in the import table of this test`).toBeDefined();
  for (const specifier of importsOf(file)) {
    if (!specifier.startsWith('.')) {
      expect(PURE[room]?.test(specifier) ?? false, `${file} must not import ${specifier}`).toBe(false);
      continue;
    }
    const target = roomOf(relative(SRC, join(SRC, dirname(file), specifier)));
    expect([room, ...(allowed ?? [])], `${file} must not import ${specifier}`).toContain(target);
  }
});

test.each(files)('%s stays a small module', (file) => {
  const lines = readFileSync(join(SRC, file), 'utf8').split('\n').length;
  const most = roomOf(file) === 'console' ? 200 : 400;
  expect(lines, `over ${most} lines: split it by reason to change`).toBeLessThanOrEqual(most);
});

test('the console takes nothing but types from the server', () => {
  const imports = files
    .filter((file) => roomOf(file) === 'console')
    .flatMap(
      (file) =>
        readFileSync(join(SRC, file), 'utf8').match(/^(?:import|export) [^;]*\/(?:http|model)\/[^;]*;/gm) ??
        [],
    );
  expect(imports.length).toBeGreaterThan(0);
  for (const line of imports) expect(line).toMatch(/^(?:import|export) type /);
});
