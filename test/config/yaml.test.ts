import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convertConfig } from '../../src/config/index.ts';
import { newReport } from '../../src/config/report.ts';
import { formatSrsConf, isWritable, type Line } from '../../src/config/srs-conf/format.ts';
import type { Directive } from '../../src/config/tree.ts';
import { formatYaml } from '../../src/config/yaml/format.ts';
import { parseYaml } from '../../src/config/yaml/parse.ts';
import { configOf, errorsOf } from './support/find.ts';
import { plain, plainTree } from './support/tree.ts';

const at = { file: '', line: 0, column: 0 };
const folder = mkdtempSync(join(tmpdir(), 'gatecast-'));

test.each([
  ['a scalar is one argument', 'listen: 1935', 'listen 1935;'],
  ['a list is several arguments', 'listen: [1935, "[::1]:1935"]', 'listen 1935 [::1]:1935;'],
  ['nothing is no argument', 'vparams:', 'vparams;'],
  ['a map is a block', 'play: { gop_cache: on }', 'play { gop_cache on; }'],
  ['true and false are on and off', 'a: true\nb: [false]', 'a on; b off;'],
  ['a quoted true is a word', 'a: "true"', 'a true;'],
  ['a number stays as it is written', 'a: [1.50, 0x10, 1e3]', 'a 1.50 0x10 1e3;'],
  [
    'vhosts stand under their names',
    'vhost: { a.com: { enabled: on }, b.com: }',
    'vhost a.com { enabled on; } vhost b.com { }',
  ],
  [
    'a list of lists repeats a directive',
    'allow: [[publish, all], [play, all]]',
    'allow publish all; allow play all;',
  ],
  ['a list of maps repeats a block', 'x: [{ a: 1 }, { a: 2 }]', 'x { a 1; } x { a 2; }'],
  ['a key may have arguments', 'ingest live: { input: {} }', 'ingest live { input { } }'],
  ['#2 tells a key from its namesake', 'a: 1\nb: 2\n"a #2": 3', 'a 1; b 2; a 3;'],
  ['an alias stands for what it names', 'a: &x [1, 2]\nb: *x', 'a 1 2; b 1 2;'],
  ['an empty file is an empty tree', '# nothing\n', ''],
])('%s', (_name, yaml, conf) => {
  expect(plainTree(yaml, 'a.yaml')).toEqual(plainTree(conf, 'a.conf'));
});

test.each([
  [
    'a list at the top',
    '- a',
    ['a.yaml:1:1: a configuration is a map of directives, expected "name: value"'],
  ],
  [
    'a key that is no name',
    'listen: 1935\nvhost: { a: }\n"x; y": 1',
    ['a.yaml:3:1: the key "x; y" is no directive, expected a name'],
  ],
  [
    'a map among arguments of a word',
    'listen: 1935\nvhost: { a: 5 }',
    ['a.yaml:2:13: vhost "a" has no block, expected a map of directives'],
  ],
  [
    'a null among arguments',
    'listen: [1935, null]',
    ['a.yaml:1:16: expected a word, a number, on or off here'],
  ],
  [
    'both kinds of quotes',
    `listen: 1935\nvhost: { a: }\npid: "it's \\"x\\" y"`,
    [`a.yaml:3:6: this word holds both kinds of quotes, which a directive cannot; expected one kind`],
  ],
  [
    'a value that is wrong',
    'listen: 1935\nvhost:\n  a:\n    play:\n      gop_cache: maybe',
    ['a.yaml:5:18: gop_cache is "maybe", expected on or off'],
  ],
])('%s is told with its place', (_name, yaml, errors) => {
  expect(errorsOf(yaml, 'a.yaml')).toEqual(errors);
});

test('what is not YAML is told with its place', () => {
  expect(errorsOf('listen: [1935\nvhost: {', 'a.yaml')[0]).toMatch(/^a\.yaml:\d+:\d+: .+/);
  expect(errorsOf('listen: 1935\npid: 1\npid: 2\nvhost: { a: , a: }', 'a.yaml')).toEqual([
    'a.yaml:3:1: the key "pid" is here twice, expected it once, or "pid #2" for a second directive',
    'a.yaml:4:15: the key "a" is here twice, expected it once, or "a #2" for a second directive',
  ]);
});

test('aliases cannot make a small file endless', () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `a${i + 1}: &a${i + 1} {${Array.from({ length: 10 }, (_, k) => `k${k}: *a${i}`).join(', ')}}`,
  );
  expect(errorsOf(`a0: &a0 { x: 1 }\n${levels.join('\n')}`, 'a.yaml').join()).toMatch(
    /more than 100000 directives and values/,
  );
  expect(errorsOf('a: &a { b: *a }', 'a.yaml').join()).toMatch(/nested more than 32 deep|unresolved/i);
  expect(errorsOf('['.repeat(100_000), 'a.yaml')).not.toEqual([]);
});

const word = fc.oneof(
  fc.constantFrom(
    'on',
    'off',
    'true',
    'null',
    '~',
    '1935',
    '007',
    '1e3',
    '',
    '#x',
    '}',
    '"',
    'a: b',
    '- a',
    '*x',
    '&y',
    '<<',
    'x y',
    '%',
  ),
  fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((text) => isWritable(text) && !text.includes('\uFEFF')),
);
const name = fc.oneof(
  fc.constantFrom('vhost', 'allow', 'play', 'a'),
  word.filter((text) => text !== ''),
);
const words = (texts: readonly string[]) => texts.map((text) => ({ text, at }));
const tree = fc.letrec<{ block: Directive[] }>((tie) => ({
  block: fc.array(
    fc
      .tuple(
        name,
        fc.array(word, { maxLength: 3 }),
        fc.option(tie('block'), { nil: undefined, depthIdentifier: 'b' }),
      )
      .map(([head, args, block]) => ({ name: head, args: words(args), block, at })),
    { maxLength: 4, depthIdentifier: 'b' },
  ),
})).block;

const lines = (directives: readonly Directive[]): Line[] =>
  directives.map((one) => ({
    name: one.name,
    args: one.args.map((arg) => arg.text),
    block: one.block && lines(one.block),
  }));

test('any tree is the same after SRS grammar', () => {
  fc.assert(
    fc.property(tree, (directives) => {
      expect(plainTree(formatSrsConf(lines(directives)), 'a.txt')).toEqual(plain(directives));
    }),
  );
});

test('any tree is the same after YAML', () => {
  fc.assert(
    fc.property(tree, (directives) => {
      const report = newReport();
      const read = parseYaml(formatYaml(directives), 'a.yaml', report);
      expect(report.errors).toEqual([]);
      expect(plain(read)).toEqual(plain(directives));
    }),
    { numRuns: 300 },
  );
});

test('both grammars give one configuration, and a way back', () => {
  const conf = join(folder, 'a.conf');
  const yaml = join(folder, 'a.yaml');
  const text = `listen 1935 [::1]:1936; include more*.conf;
    vhost a.com { http_hooks { enabled on; on_publish http://x/1 http://x/2; }
      security { enabled on; allow publish all; deny play 10.0.0.0/8; allow play all; } hls { enabled on; } }
    vhost "b c" { play { gop_cache off; } }`;
  writeFileSync(conf, text);
  writeFileSync(yaml, convertConfig(conf));
  expect(plainTree(convertConfig(yaml), 'a.conf')).toEqual(plainTree(text, 'a.conf'));
  expect(configOf(convertConfig(conf), 'a.yaml')).toEqual(configOf(text));
});

test('a file that cannot be read is not converted, and all that is wrong is said', () => {
  const broken = join(folder, 'broken.conf');
  writeFileSync(broken, 'a\n}}');
  expect(() => convertConfig(broken)).toThrow(
    `${broken}:1:1: ";" is missing after "a"\n${broken}:2:1: unexpected`,
  );
  expect(() => convertConfig(join(folder, 'none.conf'))).toThrow(
    'none.conf: cannot be read: there is no such file',
  );
});

test('an empty file is empty in the other grammar', () => {
  writeFileSync(join(folder, 'empty.conf'), '# nothing');
  expect(convertConfig(join(folder, 'empty.conf'))).toBe('');
});
