import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const ARCHITECTURE = resolve(import.meta.dirname, '../docs/ARCHITECTURE.md');

/** Which room of src/ may import which, beside itself. Everything else is an error, type imports included. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  model: [],
  access: ['model'],
  hooks: ['model'],
  observe: ['model'],
  streams: ['model'],
  tls: ['model'],
  config: ['model', 'tls'],
  remux: ['model', 'protocol'],
  hls: ['model', 'remux'],
  recorder: ['model', 'protocol', 'remux'],
  clients: ['model', 'protocol', 'streams'],
  net: ['clients', 'model', 'protocol', 'tls'],
  rtmp: ['clients', 'model', 'net', 'protocol', 'streams'],
  http: ['clients', 'hls', 'model', 'net', 'protocol', 'streams'],
  stats: ['clients', 'model', 'protocol', 'remux', 'streams'],
  cluster: ['clients', 'model', 'net', 'rtmp', 'streams'],
  api: ['http', 'model', 'net'],
  server: [
    'access',
    'api',
    'clients',
    'cluster',
    'hls',
    'hooks',
    'http',
    'model',
    'net',
    'observe',
    'recorder',
    'rtmp',
    'stats',
    'streams',
    'tls',
  ],
  cli: ['config', 'hooks', 'model', 'observe', 'server'],
  // Only types, of what goes over the wire: see below.
  console: ['api', 'model'],
  index: ['config', 'model', 'rtmp', 'server'],
};

/** Rooms that turn bytes into values and nothing else. */
const PURE: Record<string, RegExp> = {
  protocol: /^node:(?!crypto$)/,
  streams: /^node:/,
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
  const statements = files
    .filter((file) => roomOf(file) === 'console')
    .flatMap((file) =>
      Array.from(readFileSync(join(SRC, file), 'utf8').matchAll(/^(?:import|export) [^;]*'(\.[^']*)';/gm))
        .filter(
          ([, specifier = '']) => roomOf(relative(SRC, join(SRC, dirname(file), specifier))) !== 'console',
        )
        .map(([statement]) => statement),
    );
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) expect(statement).toMatch(/^(?:import|export) type /);
});

test('no files import each other in a circle, types included', () => {
  const isDone = new Set<string>();
  const path: string[] = [];
  const circles: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' -> '));
    if (at >= 0 || isDone.has(file)) return;
    path.push(file);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.') && /\.tsx?$/.test(specifier))
        visit(relative(SRC, join(SRC, dirname(file), specifier)));
    }
    path.pop();
    isDone.add(file);
  };
  for (const file of files) visit(file);
  expect(circles).toEqual([]);
});

/** The table of arrows as docs/ARCHITECTURE.md shows it. */
function arrowTable(): string {
  const rows = Object.entries(MAY_IMPORT).map(
    ([room, known]) => `${room.padEnd(8)} -> ${known.join(', ') || 'nothing'}`,
  );
  return ['```', ...rows, '```'].join('\n');
}

test('docs/ARCHITECTURE.md shows the arrows of this test', () => {
  const page = readFileSync(ARCHITECTURE, 'utf8');
  const [, shown] = /<!-- arrows -->\n(.*?)\n<!-- \/arrows -->/s.exec(page) ?? [];
  expect(shown, 'put these lines between the two comments').toBe(arrowTable());
});

test('docs/ARCHITECTURE.md names files that exist', () => {
  const rooms = Object.keys(MAY_IMPORT).join('|');
  const named = readFileSync(ARCHITECTURE, 'utf8').matchAll(new RegExp(`\`((?:${rooms})/[\\w/-]+)\``, 'g'));
  const missing = [...named]
    .map(([, name = '']) => name)
    .filter((name) => !files.some((file) => file === `${name}.ts` || file.startsWith(`${name}/`)));
  expect(missing).toEqual([]);
});
