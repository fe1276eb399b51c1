import { expect, test } from 'vitest';
import { configOf, errorsOf, warningsOf } from './support/find.ts';

const inHls = (text: string, more = '') => `listen 1935;\nvhost v {\nhls { enabled on; ${text} }\n${more} }`;
const hlsOf = (text: string) => configOf(inHls(text)).vhosts[0]?.hls;

test('seconds become milliseconds, and fractions of them are taken', () => {
  expect(hlsOf('hls_fragment 2.5; hls_window 30; hls_dispose 0;')).toMatchObject({
    fragmentMs: 2500,
    windowMs: 30_000,
    disposeMs: 0,
  });
});

test('hls_use_fmp4 is a format, and hls_format has the last word', () => {
  expect(hlsOf('hls_use_fmp4 on;')?.format).toBe('fmp4');
  expect(hlsOf('hls_format ts; hls_use_fmp4 on;')?.format).toBe('ts');
  expect(warningsOf(inHls('hls_format ts; hls_use_fmp4 on;'))).toEqual([
    'a.conf:3:19: hls_format is ts and hls_use_fmp4 is on, so segments are MPEG-TS',
  ]);
});

test.each([
  ['hls_ts_file /etc/[stream]-[seq].ts;', 'expected a path that stays under hls_path'],
  ['hls_ts_file ../[stream]-[seq].ts;', 'expected a path that stays under hls_path'],
  ['hls_ts_file [app]/[seq].ts;', 'with [stream] in it with [seq] in it'],
  ['hls_m3u8_file [app]/[stream]-[seq].m3u8;', 'holds no other words than [vhost] [app] [stream]'],
  ['hls_fragment 0;', 'expected seconds from 0.5 to 60'],
  ['hls_td_ratio 0.5;', 'expected a number from 1 to 100'],
])('%s is an error', (text, words) => {
  expect(errorsOf(inHls(text)).join()).toContain(words);
});

test('viewers cannot be let past hooks that are about them', () => {
  const hooks = 'http_hooks { enabled on; on_play http://a/; }';
  expect(errorsOf(inHls('hls_ctx off;', hooks))).toEqual([
    'a.conf:3:19: hls_ctx is off, so viewers would pass without on_play; expected on, or a vhost without on_play',
  ]);
  expect(configOf(inHls('hls_ctx off;')).vhosts[0]?.hls.ctx).toBe(false);
});

test('what segments are notified with goes to the hooks', () => {
  const { vhosts } = configOf(
    inHls('hls_nb_notify 5;', 'http_hooks { on_hls http://a/; on_hls_notify http://b/[ts_url][param]; }'),
  );
  expect(vhosts[0]?.hooks).toMatchObject({
    notifyBytes: 5,
    urls: { on_hls: ['http://a/'], on_hls_notify: ['http://b/[ts_url][param]'] },
  });
});

const server = 'http_server { enabled on; listen 8080; }';
const memory = 'hls { enabled on; hls_storage memory; }';

test.each([
  [`vhost v { ${memory} }`, 'is kept in memory and nobody serves it'],
  [
    `${server} vhost a { hls { enabled on; } } vhost b { hls { enabled on; } }`,
    'expected [vhost] in hls_path',
  ],
])('%s is worth a warning', (text, words) => {
  expect(warningsOf(`listen 1935; ${text}`).join()).toContain(words);
});

test.each([
  `${server} vhost v { ${memory} }`,
  `workers 2; ${server} vhost v { ${memory} }`,
  `${server} vhost a { hls { enabled on; hls_path ./[vhost]; } } vhost b { hls { enabled on; hls_path ./[vhost]; } }`,
])('%s is not', (text) => {
  expect(warningsOf(`listen 1935; ${text}`)).toEqual([]);
});
