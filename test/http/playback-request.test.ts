import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlaybackRequest } from '../../src/http/playback-request.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { vhost } from '../support/options.ts';

const names = ['__defaultVhost__', 'tv.example', 'off.example'];
const snapshot = (known: readonly string[], strictVhost: boolean) => ({
  vhosts: new Map(known.map((name) => [name, vhost({ name, enabled: name !== 'off.example' })])),
  strictVhost,
  gate: new FakeGate(),
});

const read = (url: string, headers = {}, known = names, strict = false) =>
  readPlaybackRequest(
    { url, headers: { host: 'localhost', ...headers } },
    '192.0.2.1',
    () => false,
    snapshot(known, strict),
  );

test('a request has a vhost, a path, a query and a page', () => {
  const reading = read('/live/north%20gate/c%C3%A4m.flv?token=a/b', {
    host: 'TV.example:8080',
    referer: 'https://example.com/tv',
  });
  expect(reading).toMatchObject({
    ok: true,
    request: {
      vhost: { name: 'tv.example' },
      host: 'TV.example:8080',
      path: ['live', 'north gate', 'cäm.flv'],
      directory: false,
      query: 'token=a/b',
      param: '?token=a/b',
      ip: '192.0.2.1',
      pageUrl: 'https://example.com/tv',
    },
  });
});

test.each([
  ['/a?vhost=tv.example', 'localhost', 'tv.example'],
  ['/a?token=1&domain=tv.example', 'localhost', 'tv.example'],
  ['/a', 'tv.example', 'tv.example'],
  ['/a', '192.0.2.9:8080', '__defaultVhost__'],
  ['/a', '[::1]:8080', '__defaultVhost__'],
  ['/a', 'elsewhere.example', '__defaultVhost__'],
])('%s at %s is for %s', (url, host, name) => {
  expect(read(url, { host })).toMatchObject({ ok: true, request: { vhost: { name } } });
});

test.each([
  ['no host is that of the default vhost', read('/a', { host: undefined }), true],
  [
    'an unknown host is refused where there is no default',
    read('/a', { host: 'x.example' }, ['tv.example']),
    false,
  ],
  [
    'an unknown host is refused where vhosts are strict',
    read('/a', { host: 'x.example' }, names, true),
    false,
  ],
  ['a vhost that is off serves nothing', read('/a', { host: 'off.example' }), false],
])('%s', (_what, reading, ok) => {
  expect(reading).toMatchObject(
    ok ? { ok } : { ok, status: 404, message: expect.stringMatching(/vhost/) as string },
  );
});

describe('what leads elsewhere is no path', () => {
  test.each([
    '/live/../../etc/passwd',
    '/live/..',
    '/./live/cam.flv',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/live/%2E%2e/cam.flv',
    '/live%2f..%2fcam.flv',
    '/live/..%5c..%5cboot.ini',
    '/live/cam%00.flv',
    '/live/cam%0d%0aX: y.flv',
    '/live/%c0%ae%c0%ae/cam.flv',
    '/live/%',
    '/live/%zz.flv',
    '/live/\u0000.flv',
  ])('%j', (url) => {
    expect(read(url)).toMatchObject({ ok: false, status: 400 });
  });

  test('whatever it is made of', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e',
      '%2f',
      '/',
      '%5c',
      '\\',
      '%00',
      'a',
      '%25',
      '%',
      '?',
      '#',
      '%252e',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const reading = read(`/${parts.join('')}`);
        if (!reading.ok) return;
        for (const segment of reading.request.path) {
          expect(['', '.', '..']).not.toContain(segment);
          expect(segment).not.toMatch(/[/\\\p{Cc}]/u);
        }
      }),
    );
  });
});

test.each([
  ['http://elsewhere/live/cam.flv', 400],
  ['*', 400],
  ['', 400],
  [`/${'a'.repeat(4096)}`, 414],
])('%.40s is answered with %i', (url, status) => {
  expect(read(url)).toMatchObject({ ok: false, status });
});

test.each(['a b', 'a/b', 'a?b', 'u@tv.example', 'tv.example#'])('the host %j is none', (host) => {
  expect(read('/a', { host })).toMatchObject({ ok: false, status: 400 });
});
