import { describe, expect, test } from 'vitest';
import { formatDiagnostic, parseConfigText, printConfig } from '../../src/config/index.ts';
import { compareSettings } from '../../src/config/settings.ts';
import { maskText } from '../../src/model/secret-values.ts';

describe('what is shown of a text', () => {
  test.each([
    ['http://user:sesame@host/a', 'http://***@host/a'],
    ['http://sesame@host/a', 'http://***@host/a'],
    ['https://host:8085/hook?token=sesame&n=1', 'https://host:8085/hook?token=***&n=***'],
    ['https://host/hook?sesame', 'https://host/hook?***'],
    ['http://host/[app]?stream=[stream]&key=sesame', 'http://host/[app]?stream=[stream]&key=***'],
    ['"http://user:sesame@host/a" and http://host/?k=sesame.', '"http://***@host/a" and http://host/?k=***'],
    ['rtmp://host/live?sign=sesame', 'rtmp://host/live?sign=***'],
    ['user:sesame@host:80', '***@host:80'],
    ['Bearer sesame-open', 'Bearer ***'],
    ['Authorization: Basic c2VzYW1l', 'Authorization: Basic ***'],
    ['whsec_c2VzYW1lc2VzYW1lc2VzYW1lc2VzYW1l', '***'],
    ['token=sesame', 'token=***'],
  ])('%s is %s', (text, shown) => {
    expect(maskText(text)).toBe(shown);
    expect(maskText(shown)).toBe(shown);
  });

  test.each([
    '127.0.0.1:8085',
    '[::1]:1935',
    'http://127.0.0.1:8085/api/v1/streams',
    '[app]/[stream].[timestamp].flv',
    './objs/nginx/html/[2006]/[01]/[02]',
    'vhost app stream param ip',
    'the basic token of a sentence',
    'ops@example.com',
  ])('%s stays as it is', (text) => expect(maskText(text)).toBe(text));
});

const withHook = (url: string) => `listen 1935; vhost v { http_hooks { enabled on; on_play ${url}; } }`;
const SECRET_URL = 'http://ops:sesame@127.0.0.1:8085/h?api=sesame';

function settingsOf(text: string, env = {}) {
  const result = parseConfigText(text, 'a.conf', env);
  if (!result.ok) throw new Error(result.errors.map(formatDiagnostic).join('\n'));
  return result.settings;
}

test('a print has no secret of a URL, from wherever it comes', () => {
  const settings = settingsOf(withHook(SECRET_URL), {
    SRS_VHOST_HTTP_HOOKS_ON_STOP: 'http://127.0.0.1/h?api=sesame',
  });
  const printed = printConfig({ settings });
  expect(printed).toContain('on_play http://***@127.0.0.1:8085/h?api=***;');
  expect(printed).toContain('on_stop http://127.0.0.1/h?api=***;');
  expect(printed).not.toContain('sesame');
});

test('a changed secret is a change, of which nothing is shown', () => {
  const [before, same, after] = [SECRET_URL, SECRET_URL, SECRET_URL.replaceAll('sesame', 'abracadabra')].map(
    (url) => settingsOf(withHook(url)),
  );
  expect(compareSettings(before ?? [], same ?? [])).toEqual([]);
  const masked = 'http://***@127.0.0.1:8085/h?api=***';
  expect(compareSettings(before ?? [], after ?? [])).toEqual([
    { path: 'vhost v / http_hooks / on_play', from: masked, to: masked },
  ]);
});

test.each([
  ['in a URL', withHook('http://***@127.0.0.1/h'), 'on_play'],
  ['in a query', withHook('http://127.0.0.1/h?n=1&api=***'), 'on_play'],
  ['as a header', 'listen 1935; vhost v { http_hooks { header X-A ***; } }', 'header'],
  ['in a header', 'listen 1935; vhost v { http_hooks { header Authorization "Bearer ***"; } }', 'header'],
  ['as a password', 'listen 1935; vhost v { } http_api { auth { password ***; } }', 'password'],
])('what was copied from a print does not take the place of the secret: %s', (_where, text, name) => {
  const result = parseConfigText(text, 'a.conf');
  expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
    `${name} has *** where a secret was, expected the value itself`,
  ]);
});

test.each([
  withHook('htp://ops:sesame@127.0.0.1/h'),
  withHook('http://ops:ses/ame?@127.0.0.1/h'),
  withHook('htp://ops:sesame@127.0.0.1:9/h?apikey=sesame&n=sesame'),
  withHook('127.0.0.1/h?token=sesame&n=sesame'),
  `listen 1935; vhost v { } http_api { auth { password open sesame; } }`,
  `listen http://ops:sesame@h/; vhost v { }`,
  `listen 1935; vhost v { http_hooks { on_play http://127.0.0.1/?k=sesame } }`,
  `listen 1935; http://ops:sesame@host/; vhost v { }`,
  `listen 1935; vhost v http://ops:sesame@host/ { }`,
])('no message quotes a secret: %s', (text) => {
  const result = parseConfigText(text, 'a.conf');
  const messages = [...(result.ok ? [] : result.errors), ...result.warnings].map(({ message }) => message);
  expect(messages).not.toEqual([]);
  expect(messages.join('\n')).not.toMatch(/ses(?:ame)?\b/);
});

test('no message about YAML quotes a secret', () => {
  const result = parseConfigText(
    'listen: 1935\nvhost: { v: { http_hooks: { on_play: "http://a/?k=sesame" }\n',
    'a.yaml',
  );
  expect(result.ok).toBe(false);
  expect(JSON.stringify(result)).not.toContain('sesame');
});
