import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/gatecast.ts';

const DIST = resolve(ROOT, 'dist/console');
const MOST_BYTES = 150_000;

/** The files that a browser needs for the first page: what index.html names, and what those import at once. */
function firstFiles(html: string): Set<string> {
  const files = new Set<string>();
  const add = (name: string) => {
    if (files.has(name)) return;
    files.add(name);
    if (!name.endsWith('.js')) return;
    const text = readFileSync(resolve(DIST, name), 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g))
      add(`assets/${path}`);
  };
  for (const [, path = ''] of html.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)) add(path);
  return files;
}

describe('the built console', () => {
  let html = '';
  beforeAll(() => {
    if (!existsSync(resolve(DIST, 'index.html'))) throw new Error('build the console first: npm run build');
    html = readFileSync(resolve(DIST, 'index.html'), 'utf8');
  });

  test('needs less than 150 kB, gzipped, to show its first page, and no player among them', () => {
    const files = [...firstFiles(html)];
    expect(files.filter((name) => name.endsWith('.js')).length).toBeGreaterThan(0);
    expect(files.join()).not.toMatch(/mpegts|hls/);
    const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(resolve(DIST, name))).length, 0);
    expect(bytes + gzipSync(html).length).toBeLessThan(MOST_BYTES);
  });

  test('has no inline script or style, which its Content-Security-Policy forbids', () => {
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    for (const [, script] of html.matchAll(/<script[^>]*>([^<]*)/g)) expect(script).toBe('');
  });
});
