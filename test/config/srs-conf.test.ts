import { expect, test } from 'vitest';
import { errorsOf } from './support/find.ts';
import { plainTree } from './support/tree.ts';

test.each([
  ['a directive may have several arguments', 'listen 1935 1936;', [[['listen', '1935', '1936'], undefined]]],
  ['a directive may span lines', 'on_x a\n  b\n;', [[['on_x', 'a', 'b'], undefined]]],
  ['a block may open on the next line', 'vhost a\n{\n}', [[['vhost', 'a'], []]]],
  [
    'several directives may share a line',
    'a 1;b 2;c{d;}',
    [
      [['a', '1'], undefined],
      [['b', '2'], undefined],
      [['c'], [[['d'], undefined]]],
    ],
  ],
  ['double quotes keep spaces, ; and {', 'a "b ;{ c";', [[['a', 'b ;{ c'], undefined]]],
  ['single quotes keep double ones', `a 'say "x"';`, [[['a', 'say "x"'], undefined]]],
  ['there are no escapes in quotes', 'a "b\\n";', [[['a', 'b\\n'], undefined]]],
  ['quotes inside a word are part of it', `a b"c'd;`, [[['a', `b"c'd`], undefined]]],
  ['an empty word is a word', 'a "";', [[['a', ''], undefined]]],
  ['quotes may hold a line break', 'a "b\nc" d;', [[['a', 'b\nc', 'd'], undefined]]],
  [
    '# begins a comment at the start of a word only',
    'a b#c; # d;\n#e\nf;',
    [
      [['a', 'b#c'], undefined],
      [['f'], undefined],
    ],
  ],
  ['a comment may stand inside a directive', 'a # b\n c;', [[['a', 'c'], undefined]]],
  [
    'a byte order mark and CRLF are no part of words',
    '\uFEFFa 1;\r\nb 2;\r\n',
    [
      [['a', '1'], undefined],
      [['b', '2'], undefined],
    ],
  ],
  ['a closing brace inside a word is part of it', 'a b}c;', [[['a', 'b}c'], undefined]]],
  ['an empty file has no directives', ' # nothing\n', []],
])('%s', (_name, text, tree) => {
  expect(plainTree(text, 'a.conf')).toEqual(tree);
});

const VHOST = 'vhost v { }';

test.each([
  [
    'a forgotten ; before a directive',
    `listen 1935\nmax_connections 5;\n${VHOST}`,
    ['a.conf:1:8: ";" is missing after "1935"'],
  ],
  ['a forgotten ; before a block', `listen 1935\n${VHOST}`, ['a.conf:1:8: ";" is missing after "1935"']],
  [
    'a forgotten ; before }',
    `listen 1935; vhost v { enabled on }`,
    ['a.conf:1:32: ";" is missing after "on"'],
  ],
  ['a forgotten ; at the end', `${VHOST} listen 1935`, ['a.conf:1:20: ";" is missing after "1935"']],
  [
    'a ; on its own',
    `listen 1935;; ${VHOST}`,
    ['a.conf:1:13: unexpected ";", expected a directive before it'],
  ],
  [
    'a { on its own',
    `listen 1935; { daemon x; } ${VHOST}`,
    ['a.conf:1:14: unexpected "{", expected the name of a block before it'],
  ],
  ['a } too many', `listen 1935; ${VHOST} }`, ['a.conf:1:26: unexpected "}", no block is open here']],
  [
    'a } missing',
    `listen 1935;\nvhost v {\n  enabled on;\n`,
    ['a.conf:2:1: block "vhost" is not closed, expected "}" before the end of the file'],
  ],
  [
    'text behind a quote',
    `listen "1935"x; ${VHOST}`,
    ['a.conf:1:14: unexpected "x" after a closing quote, expected a space, ; or {'],
  ],
  [
    'a quote without an end',
    `listen "1935;\n${VHOST}`,
    ['a.conf:1:8: a quote is opened and not closed, expected another "'],
  ],
  [
    'a quote that runs into the next',
    `listen 1935;\npid "a;\nserver_id "b";\n${VHOST}`,
    ['a.conf:2:5: a quote is opened and not closed, expected another "'],
  ],
  [
    'an empty name',
    `listen 1935; "" x; ${VHOST}`,
    ['a.conf:1:14: a directive has an empty name, expected a word'],
  ],
])('%s is told with its place, and nothing else is', (_name, text, errors) => {
  expect(errorsOf(text)).toEqual(errors);
});

test('one reading tells every error of a file, from the top', () => {
  const text = `listen 1935
max_connections 0;
vhost a {
  enabled yes;
  play { mw_latency "fast"x; }
  http_hooks { on_publsh http://a; }
} }`;
  expect(errorsOf(text)).toEqual([
    'a.conf:1:8: ";" is missing after "1935"',
    'a.conf:2:17: max_connections is "0", expected a whole number from 1 to 10000000',
    'a.conf:4:11: enabled is "yes", expected on or off',
    'a.conf:5:21: mw_latency is "fast", expected auto or a whole number from 0 to 60000',
    'a.conf:5:27: unexpected "x" after a closing quote, expected a space, ; or {',
    'a.conf:6:16: unknown directive "on_publsh" in http_hooks, did you mean on_publish?',
    'a.conf:7:3: unexpected "}", no block is open here',
  ]);
});

test('arguments on lines of their own are no forgotten ;', () => {
  const text = `listen 1935; vhost a { http_hooks {
    on_publish http://a/1
               http://a/2
               http://a/3;
  } security { allow
    publish
    all; } }`;
  expect(errorsOf(text)).toEqual([]);
});

test('what a stranger can pile up is bounded', () => {
  expect(errorsOf('a{'.repeat(100_000))).toEqual(['a.conf:1:66: blocks are nested more than 32 deep']);
  expect(errorsOf('a;'.repeat(60_000))[0]).toBe('a.conf:1:100002: more than 50000 directives in one file');
  expect(errorsOf(' '.repeat(2_000_000))[0]).toBe('a.conf: has 2000000 bytes, expected at most 1048576');
  expect(errorsOf(';'.repeat(40_000))).toHaveLength(100);
});
