import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Address,
  type AddressRequest,
  MAX_ADDRESS_LENGTH,
  resolveAddress,
  resolveConnect,
} from '../../src/model/address.ts';
import { DEFAULT_VHOST } from '../../src/model/stream-key.ts';

const vhostsNamed = (...names: string[]) => new Map(names.map((name) => [name, { enabled: true }]));
const VHOSTS = vhostsNamed(DEFAULT_VHOST, 'v', 'w', 'v.test.com').set('off', { enabled: false });

const request = (tcUrl: string, streamName: string): AddressRequest => {
  const app = /^rtmp:\/\/[^/]*\/(.*)$/.exec(tcUrl)?.[1] ?? '';
  return { tcUrl, app, streamName };
};

function resolve(tcUrl: string, streamName: string, strict = false, known = VHOSTS): Address | string {
  const resolution = resolveAddress(request(tcUrl, streamName), known, strict);
  return resolution.ok ? resolution.address : resolution.message;
}

/** An address as `vhost app stream param`. */
function spell(address: Address | string): string {
  if (typeof address === 'string') return `refused: ${address}`;
  const { vhost, app, stream, param } = address;
  return [vhost === DEFAULT_VHOST ? 'def' : vhost, app, stream || '(none)', param].join(' ').trim();
}

const IP = 'rtmp://10.0.0.1:1935';

describe('a URL that SRS was measured with leads to the same place, each query counted once', () => {
  test.each([
    // tcUrl path, publish name, vhost app stream param. The rows and their order are those of section 3.1.
    ['/live', 'key', 'def live key'],
    ['/live/', 'key', 'def live key'],
    ['/live', '/key/', 'def live key'],
    ['/live', 'key?token=t', 'def live key ?token=t'],
    ['/live?token=t', 'key', 'def live key ?token=t'],
    ['/live?vhost=v', 'key', 'v live key ?vhost=v'],
    ['/live...vhost...v', 'key', 'v live key ?vhost=v'],
    ['/live', 'key?vhost=v&token=t', 'v live key ?vhost=v&token=t'],
    ['/live', 'key?token=t&domain=v', 'v live key ?token=t&domain=v'],
    // SRS loses the vhost in these two, and with it the hooks.
    ['/live?vhost=v', 'key?token=t', 'v live key ?token=t&vhost=v'],
    ['/live...vhost...v', 'key?token=t', 'v live key ?token=t&vhost=v'],
    ['/live?token=t', 'key?vhost=v', 'v live key ?vhost=v&token=t'],
    ['/live?vhost=unknown.x', 'key', 'def live key ?vhost=unknown.x'],
    ['/live/sub', 'key', 'def live/sub key'],
    ['/live', 'a/b/c?token=t', 'def live/a/b c ?token=t'],
    // SRS takes these two for paths.
    ['/live', 'key?token=a/b==', 'def live key ?token=a/b=='],
    ['/live?token=a/b==', 'key', 'def live key ?token=a/b=='],
    ['/live/_definst_', 'key', 'def live key'],
    ['', 'key', 'def __defaultApp__ key'],
    ['/', 'key', 'def __defaultApp__ key'],
    ['/live/key', '', 'def live key'],
    ['/live/key?token=t', '', 'def live key ?token=t'],
    ['/live', '', 'def live (none)'],
    ['/live', 'my key?token=t', 'def live mykey ?token=t'],
    ['/live', 'k\u00e9y?token=t', 'def live k\u00e9y ?token=t'],
    ['/live', 'key?vhost=__defaultVhost__', 'def live key'],
    ['/live', 'mp4:key', 'def live mp4:key'],
    ['/live', 'key.flv', 'def live key.flv'],
    ['/live', 'k%20y', 'def live k%20y'],
    ['/live', 'key#f', 'def live key #f'],
  ])('%s + %s -> %s', (path, name, expected) => {
    expect(spell(resolve(IP + path, name))).toBe(expected);
  });

  test('a host that is a configured vhost is the vhost', () => {
    expect(spell(resolve('rtmp://v.test.com/live', 'key?token=t'))).toBe('v.test.com live key ?token=t');
    expect(spell(resolve('rtmp://V.Test.com:1935/live', 'key'))).toBe('v.test.com live key');
    expect(spell(resolve('rtmp://user:pw@v.test.com:1935/live', 'key'))).toBe('v.test.com live key');
  });

  test('an IPv6 address in brackets is a machine', () => {
    expect(spell(resolve('rtmp://[::1]/live', 'key'))).toBe('def live key');
    expect(spell(resolve('rtmp://[::1]:1935/live', 'key', true))).toBe('def live key');
  });
});

describe('what clients and older versions write is understood (section 3.2)', () => {
  test.each([
    ['/live,vhost=v', 'key', 'v live key ?vhost=v'],
    ['/live&&vhost=v', 'key', 'v live key ?vhost=v'],
    ['/live&vhost=v', 'key', 'v live key ?vhost=v'],
    ['/live...vhost=v', 'key', 'v live key ?vhost=v'],
    ['/live...vhost...v/sub', 'key', 'v live/sub key ?vhost=v'],
    ['/live,vhost=v,token=t', 'key', 'v live key ?vhost=v&token=t'],
    ['/live&&vhost=v&&token=t', 'key', 'v live key ?vhost=v&token=t'],
    ['/live...domain...v', 'key', 'v live key ?domain=v'],
    ['/live?vhost=v/', 'key', 'v live key ?vhost=v/'],
    ['/live?vhost=v', 'key?vhost=v', 'v live key ?vhost=v'],
    // ffmpeg splits rtmp://h:p/a/b/c/d?x=1 so.
    ['/a/b', 'c/d?x=1', 'def a/b/c d ?x=1'],
    // OBS with everything in the server field, and a key beside it.
    ['/live/sub?token=t', 'key?a=1', 'def live/sub key ?a=1&token=t'],
  ])('%s + %s -> %s', (path, name, expected) => {
    expect(spell(resolve(IP + path, name))).toBe(expected);
  });

  test('a client that sends an app and a tcUrl without a path is led by the app', () => {
    const led = resolveAddress({ tcUrl: IP, app: 'live?token=t', streamName: 'key' }, VHOSTS, false);
    expect(led).toMatchObject({ ok: true, address: { app: 'live', stream: 'key', param: '?token=t' } });
    const bare = resolveAddress({ tcUrl: '', app: 'live', streamName: 'key' }, VHOSTS, false);
    expect(bare).toMatchObject({ ok: true, address: { vhost: DEFAULT_VHOST, app: 'live', stream: 'key' } });
  });

  test('the app field repeats the query of the tcUrl and does not double it', () => {
    const facts = { tcUrl: `${IP}/live?token=t`, app: 'live?token=t', streamName: 'key' };
    expect(resolveAddress(facts, VHOSTS, false)).toMatchObject({ address: { param: '?token=t' } });
  });
});

describe('an address is refused', () => {
  test('when it names two vhosts', () => {
    expect(resolve(`${IP}/live?vhost=v`, 'key?vhost=w')).toBe('the URL names two vhosts, v and w: name one');
    expect(resolve(`${IP}/live...vhost...v`, 'key?domain=w')).toContain('two vhosts');
    expect(resolve(`${IP}/live`, 'key?vhost=v&vhost=w')).toContain('two vhosts');
    expect(resolve(`${IP}/live?vhost=x.unknown`, 'key?vhost=v')).toContain('two vhosts');
  });

  test('when strict_vhost is on and the URL names a vhost, by query or host, that is not there', () => {
    expect(resolve(`${IP}/live?vhost=x`, 'key', true)).toBe(
      'vhost x is not configured here and strict_vhost is on',
    );
    expect(resolve('rtmp://x.test.com/live', 'key', true)).toContain('x.test.com is not configured');
    expect(spell(resolve(`${IP}/live`, 'key', true))).toBe('def live key');
    expect(spell(resolve('rtmp://localhost/live', 'key', true))).toBe('def live key');
    expect(spell(resolve('rtmp://LOCALHOST/live', 'key', true))).toBe('def live key');
    expect(spell(resolve('rtmp://v.test.com/live', 'key', true))).toBe('v.test.com live key');
  });

  test('when the vhost is switched off, though there is a default one', () => {
    expect(resolve(`${IP}/live`, 'key?vhost=off')).toBe('vhost off is switched off');
    expect(resolve('rtmp://off/live', 'key')).toBe('vhost off is switched off');
    const allOff = new Map([[DEFAULT_VHOST, { enabled: false }]]);
    expect(resolve(`${IP}/live`, 'key', false, allOff)).toBe('vhost __defaultVhost__ is switched off');
  });

  test('when there is no default vhost for those who name none', () => {
    const onlyV = vhostsNamed('v');
    expect(resolve(`${IP}/live`, 'key', false, onlyV)).toContain('10.0.0.1 is not configured');
    expect(resolve('', 'key', false, onlyV)).toContain('vhost (none) is not configured');
    expect(spell(resolve(`${IP}/live?vhost=v`, 'key', false, onlyV))).toBe('v live key ?vhost=v');
  });

  test.each(['a/../key', '..', './key', 'a/. ./key'])('when a segment of %s climbs', (name) => {
    expect(resolve(`${IP}/live`, name)).toBe('a path segment is "." or ".."');
  });

  test('when any part is longer than anybody needs', () => {
    const long = 'x'.repeat(MAX_ADDRESS_LENGTH + 1);
    expect(resolve(`${IP}/live`, long)).toContain('streamName is longer than 4096');
    expect(resolve(`${IP}/${long}`, 'key')).toContain('tcUrl is longer than 4096');
    expect(resolveAddress({ tcUrl: IP, app: long, streamName: 'key' }, VHOSTS, false).ok).toBe(false);
    expect(spell(resolve(`${IP}/live`, long.slice(1)))).toBe(`def live ${long.slice(1)}`);
  });
});

describe('a client that has connected and named no stream', () => {
  test('has the app that its stream will have', () => {
    const at = (tcUrl: string) => resolveConnect({ tcUrl, app: '' }, VHOSTS, false);
    expect(at(`${IP}/live/sub?vhost=v`)).toEqual({
      ok: true,
      address: { vhost: 'v', app: 'live/sub', stream: '', param: '?vhost=v' },
    });
    expect(at(IP)).toMatchObject({ address: { app: '__defaultApp__', stream: '' } });
  });

  test('is refused as it would be later', () => {
    expect(resolveConnect({ tcUrl: `${IP}/live?vhost=x`, app: '' }, VHOSTS, true).ok).toBe(false);
    expect(resolveConnect({ tcUrl: `${IP}/a/../b`, app: '' }, VHOSTS, true).ok).toBe(false);
  });
});

const token = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[&?#]/g, ''));

test('no token moves a stream, in whichever query it is', () => {
  fc.assert(
    fc.property(token, (text) => {
      for (const [path, name] of [
        [`/live?token=${text}`, 'key?vhost=v'],
        ['/live?vhost=v', `key?token=${text}`],
        ['/live', `key?vhost=v&token=${text}`],
        [`/live?token=${text}&vhost=v`, 'key'],
      ] as const) {
        expect(resolve(IP + path, name)).toMatchObject({ vhost: 'v', app: 'live', stream: 'key' });
      }
    }),
  );
});

test('a token reaches the backend exactly once', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9/=+._-]{8,30}$/), (text) => {
      for (const [path, name] of [
        [`/live?token=${text}`, 'key'],
        ['/live', `key?token=${text}`],
        [`/live?token=${text}`, `key?token=${text}`],
      ] as const) {
        expect(resolve(IP + path, name)).toMatchObject({ param: `?token=${text}` });
      }
    }),
  );
});

test('publisher and player meet however their tools split the URL', () => {
  const segments = ['a', 'b', 'c', 'key'];
  const splits = segments.flatMap((_, at) => [
    [`${IP}/${segments.slice(0, at).join('/')}`, segments.slice(at).join('/')],
    [`${IP}/${segments.slice(0, at).join('/')}/`, `/${segments.slice(at).join('/')}`],
  ]);
  const meeting = [...splits, [`${IP}/a/b/c/key`, '']].map(([tcUrl = '', name = '']) =>
    spell(resolve(tcUrl, name)),
  );
  expect(new Set(meeting)).toEqual(new Set(['def a/b/c key']));
});

describe('a URL that ffmpeg has cut inside its query', () => {
  const cut = (tcUrl: string, streamName: string) => {
    const resolution = resolveAddress({ ...request(tcUrl, streamName), cutsQueries: true }, VHOSTS, false);
    return spell(resolution.ok ? resolution.address : resolution.message);
  };

  test.each([
    // rtmp://host/live/cam?token=a/b==
    [`${IP}/live/cam?token=a`, 'b==', 'def live cam ?token=a/b=='],
    // rtmp://host/live/cam?vhost=v&token=a/b/c
    [`${IP}/live/cam?vhost=v&token=a`, 'b/c', 'v live cam ?vhost=v&token=a/b/c'],
    // rtmp://host/live/sub/cam?token=a/b: the name has its query to itself
    [`${IP}/live/sub`, 'cam?token=a/b', 'def live/sub cam ?token=a/b'],
    // rtmp://host/live?vhost=v/cam and rtmp://host/a/b?vhost=v/cam: SRS's old form
    [`${IP}/live?vhost=v`, 'cam', 'v live cam ?vhost=v'],
    [`${IP}/a/b?vhost=v`, 'cam', 'v a/b cam ?vhost=v'],
    // rtmp://host/live/cam
    [`${IP}/live`, 'cam', 'def live cam'],
  ])('is put together again: %s and %s', (tcUrl, name, expected) => {
    expect(cut(tcUrl, name)).toBe(expected);
  });

  test('has its app before the client names the stream', () => {
    const facts = { tcUrl: `${IP}/live/cam?token=a`, app: 'live/cam?token=a', cutsQueries: true };
    expect(resolveConnect(facts, VHOSTS, false)).toMatchObject({ address: { app: 'live', stream: '' } });
  });

  test('is taken at its word from anybody else', () => {
    expect(spell(resolve(`${IP}/live/sub?token=a`, 'key'))).toBe('def live/sub key ?token=a');
  });
});
