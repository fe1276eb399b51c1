import { expect, test } from 'vitest';
import type { Setting } from '../../src/console/api/config-contract.ts';
import { settingRows } from '../../src/console/config/setting-rows.ts';

const setting = (
  name: string,
  args: string,
  origin: Setting['origin'],
  block: Setting[] | null = null,
): Setting => ({
  name,
  args: args === '' ? [] : args.split(' '),
  block,
  origin,
  file: origin === 'file' ? 'a.conf' : null,
  line: origin === 'file' ? 1 : null,
});
const TREE = [
  setting('listen', '1935', 'file'),
  setting('workers', '1', 'default'),
  setting('vhost', '__defaultVhost__', 'file', [
    setting('enabled', 'on', 'default'),
    setting('play', '', 'default', [
      setting('gop_cache', 'off', 'file'),
      setting('queue_length', '10', 'default'),
    ]),
    setting('publish', '', 'default', [setting('mr', 'off', 'default')]),
  ]),
];
const names = (words: string, given: boolean) =>
  settingRows(TREE, { words, given }).map(({ name, depth }) => `${'  '.repeat(depth)}${name}`);

test('the tree of settings is a list of lines, of which one may want some', () => {
  expect(names('', false)).toHaveLength(9);
  expect(names('', true)).toEqual(['listen', 'vhost', '  play', '    gop_cache']);
  expect(names('queue', false)).toEqual(['vhost', '  play', '    queue_length']);
  expect(names('play', false)).toEqual(['vhost', '  play', '    gop_cache', '    queue_length']);
  expect(names('nothing like it', false)).toEqual([]);
});
