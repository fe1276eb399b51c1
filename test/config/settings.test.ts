import { expect, test } from 'vitest';
import { parseConfigText } from '../../src/config/index.ts';
import { compareSettings } from '../../src/config/settings.ts';

function settingsOf(text: string) {
  const result = parseConfigText(text, 'a.conf');
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.settings;
}

const changes = (before: string, after: string) => compareSettings(settingsOf(before), settingsOf(after));

test('the same is no change, however it is written', () => {
  expect(
    changes('listen 1935; vhost v { }', '# hello\nlisten   1935;\nvhost v { play { gop_cache on; } }'),
  ).toEqual([]);
});

test('a value that is another one is told with its blocks', () => {
  expect(
    changes('listen 1935; vhost v { }', 'listen 1935 1936; vhost v { play { gop_cache off; } }'),
  ).toEqual([
    { path: 'listen', from: '1935', to: '1935 1936' },
    { path: 'vhost v / play / gop_cache', from: 'on', to: 'off' },
  ]);
});

test('what comes and what goes', () => {
  const found = changes('listen 1935; pid a.pid; vhost v { }', 'listen 1935; vhost w { }');
  expect(found).toContainEqual({ path: 'pid', from: 'a.pid', to: null });
  expect(found).toContainEqual({ path: 'vhost v / enabled', from: 'on', to: null });
  expect(found).toContainEqual({ path: 'vhost w / enabled', from: null, to: 'on' });
});

test('a directive that may be repeated is compared as a whole', () => {
  const security = (rules: string) => `listen 1935; vhost v { security { enabled on; ${rules} } }`;
  expect(changes(security('deny play 10.0.0.1;'), security('deny play 10.0.0.1; deny publish all;'))).toEqual(
    [{ path: 'vhost v / security / deny', from: 'play 10.0.0.1', to: 'play 10.0.0.1; publish all' }],
  );
});
