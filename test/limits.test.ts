import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/limits.md'), 'utf8');

interface Limit {
  readonly name: string;
  readonly value: number;
}

/** Constants that bound what a peer may cause, by the way they are named: MAX_…, MIN_…, …_TIMEOUT_MS, …_DEADLINE_MS. */
function limitsOf(file: string): Limit[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const constants = text.matchAll(
    /^(?:export )?const (MAX_\w+|MIN_\w+_BYTES|\w+_MAX(?:_\w+)?|\w+_(?:TIMEOUT|DEADLINE)_MS|LINGER_MS)(?:: number)? = ([\d_ *]+|0x[\da-f]+);/gm,
  );
  const properties = text.matchAll(/^ {2}(max[A-Z]\w+): ([\d_ *]+),/gm);
  return [...constants, ...properties].map(([, name = '', value = '']) => ({ name, value: evaluate(value) }));
}

function evaluate(product: string): number {
  return product
    .replaceAll('_', '')
    .split('*')
    .reduce((result, factor) => result * Number(factor), 1);
}

const limits = globSync('**/*.ts', { cwd: SRC, ignore: ['cli/**', 'config/**', 'console/**'] }).flatMap(
  limitsOf,
);

test('the search finds the limits', () => {
  expect(limits.length).toBeGreaterThan(20);
});

test.each(limits)('docs/limits.md lists $name with its value $value', ({ name, value }) => {
  const rows = PAGE.split('\n').filter((row) => row.startsWith('|') && row.includes(`\`${name}\``));
  expect(rows, `no row for ${name}`).toHaveLength(1);
  expect(rows[0]).toMatch(new RegExp(`\\b${value}\\b`));
});

test('docs/limits.md lists no constant that is not there', () => {
  const listed = [...PAGE.matchAll(/`([A-Z][A-Z0-9_]+|max[A-Z]\w+)`/g)].map(([, name = '']) => name);
  const names = limits.map((limit) => limit.name);
  expect(listed.filter((name) => !names.includes(name))).toEqual([]);
});
