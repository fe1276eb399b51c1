import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { signatures, signingKeys } from '../../src/hooks/signature.ts';
import { requiredProgram } from '../support/requires.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MANUAL = readFileSync(join(ROOT, 'docs/hooks.md'), 'utf8');

/** What the manual says of tests: `[name](../test/….test.ts)`, or with the name as the link's title. */
const references = Array.from(
  MANUAL.matchAll(/\[([^\]]*)\]\(\.\.\/(test\/[^\s)]+\.test\.ts)(?: "([^"]+)")?\)/g),
  ([, text = '', file = '', title]) => [title ?? text, file] as const,
);

test('the manual names tests', () => {
  expect(references.length).toBeGreaterThan(50);
});

test.each(references)('there is a test "%s" in %s', (name, file) => {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
  const titles = [`'${name}',`, `"${name}",`, `\`${name}\`,`];
  expect(titles.some((title) => text.includes(title))).toBe(true);
});

test('every number behind a rule has its test, and every test its rule', () => {
  const [rules = '', tests = ''] = MANUAL.split('## The tests');
  const used = Array.from(rules.matchAll(/\[\^(\d+)\]/g), ([, number]) => Number(number));
  const defined = Array.from(tests.matchAll(/^\[\^(\d+)\]: /gm), ([, number]) => Number(number));
  expect([...new Set(used)].sort((a, b) => a - b)).toEqual(defined);
});

test('the sections that the manual lists are there', () => {
  const listed = Array.from(MANUAL.matchAll(/^\d+\. \[([^\]]+)\]\(#[^)]+\)$/gm), ([, title]) => title);
  const sections = Array.from(MANUAL.matchAll(/^## (.+)$/gm), ([, title]) => title);
  expect(listed).toEqual(sections);
});

/** The code of the manual in one language, of which there is one block. */
function exampleIn(language: string): string {
  const [, code = ''] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(MANUAL) ?? [];
  return code;
}

const SECRET = Buffer.from('thirty-two bytes for these tests').toString('base64');
const BODY = '{"action":"on_publish","stream":"Kanal Ö"}';

/** What a program that reads secret, headers and body from its argument says to requests, good and bad. */
function sayTo(run: (input: string) => string) {
  const request = (seconds: number, secret = SECRET, body = BODY) => {
    const headers = {
      'webhook-id': 'e-1',
      'webhook-timestamp': String(seconds),
      'webhook-signature': signatures(signingKeys([secret, SECRET]).slice(0, 1), 'e-1', seconds, BODY),
    };
    return run(JSON.stringify({ secret: `whsec_${SECRET}`, headers, body })).trim();
  };
  const now = Math.floor(Date.now() / 1000);
  const other = Buffer.from('another secret of thirty-two byt').toString('base64');
  return {
    good: request(now),
    old: request(now - 301),
    foreign: request(now, other),
    changed: request(now, SECRET, BODY.replace('Kanal', 'Canal')),
  };
}

const outputOf = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' }).stdout;

test('the example in Node takes what we sign, and nothing else', () => {
  const program = `${exampleIn('js')}
    const { secret, headers, body } = JSON.parse(process.argv[1]);
    try { console.log(verify(secret, headers, body).stream); } catch { console.log('no'); }`;
  const said = sayTo((input) => outputOf(process.execPath, ['--input-type=module', '-e', program, input]));
  expect(said).toEqual({ good: 'Kanal Ö', old: 'no', foreign: 'no', changed: 'no' });
});

test('the example in Python takes what we sign, and nothing else', (context) => {
  const python = requiredProgram(context, 'python3');
  const program = `${exampleIn('python')}
import sys
said = json.loads(sys.argv[1])
try:
    event = verify(said["secret"], said["headers"], said["body"].encode())
    sys.stdout.buffer.write(event["stream"].encode())
except ValueError:
    print("no")
`;
  const said = sayTo((input) => outputOf(python, ['-c', program, input]));
  expect(said).toEqual({ good: 'Kanal Ö', old: 'no', foreign: 'no', changed: 'no' });
});
