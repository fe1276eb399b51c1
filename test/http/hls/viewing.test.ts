import { describe, expect, test } from 'vitest';
import type { HlsOptions } from '../../../src/model/options.ts';
import { refused } from '../../support/fake-gate.ts';
import { startHlsServer } from '../../support/hls-server.ts';
import { urisOf } from '../../support/segmented.ts';
import { until } from '../../support/until.ts';

describe('a viewer', () => {
  test('gets a master playlist that leads, with his session, to playlist and segments', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const master = await server.get('/live/cam.m3u8?token=t');
    expect(master.status).toBe(200);
    expect(master.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(master.headers.get('cache-control')).toBe('no-store');
    const text = await master.text();
    expect(text).toMatch(
      /^#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="mp4a\.40\.2"\n/,
    );
    expect(text).toMatch(/\ncam\.m3u8\?hls_ctx=[\w-]{22}&token=t\n$/);
    const playlist = new URL(urisOf(text)[0] ?? '', `${server.base}/live/`).href;
    const media = await server.get(playlist);
    expect(media.headers.get('cache-control')).toBe('no-cache');
    const segments = await server.segments(playlist);
    expect(segments.length).toBeGreaterThanOrEqual(2);
    const ctx = new URL(playlist).searchParams.get('hls_ctx');
    for (const url of segments) expect(new URL(url).searchParams.get('hls_ctx')).toBe(ctx);
    const segment = await server.get(segments[0] ?? '');
    expect(segment.status).toBe(200);
    expect(segment.headers.get('content-type')).toBe('video/mp2t');
    expect(segment.headers.get('cache-control')).toBe('private, max-age=3600, immutable');
    expect(segment.headers.get('access-control-allow-origin')).toBe('*');
    const bytes = Buffer.from(await segment.arrayBuffer());
    expect([bytes[0], bytes.length % 188]).toEqual([0x47, 0]);
  });

  test('is asked about once, and his end is told when he has asked for nothing for two windows', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const playlist = await server.enter('/live/cam.m3u8?token=t', {
      headers: { referer: 'http://page.example/' },
    });
    const [segment = '', ...rest] = await server.segments(playlist);
    for (const url of [segment, ...rest]) await (await server.get(url)).arrayBuffer();
    const [asked] = server.gate.asked.filter(({ action }) => action === 'on_play');
    expect(server.gate.asked.filter(({ action }) => action === 'on_play')).toHaveLength(1);
    expect(asked).toMatchObject({
      app: 'live',
      stream: 'cam',
      param: '?token=t',
      tcUrl: 'rtmp://__defaultVhost__/live',
      pageUrl: 'http://page.example/',
    });
    server.clock.advance(19_000);
    expect(server.gate.told).toEqual([]);
    server.clock.advance(2_000);
    await server.told('tell on_stop cam client');
    const [stop] = server.gate.told;
    expect(stop?.durationMs).toBeGreaterThan(19_000);
    expect(stop?.sendBytes).toBeGreaterThan(1000);
    const late = await server.get(segment);
    expect([late.status, await late.text()]).toEqual([
      403,
      'this session is over: nothing was asked for by it for too long; ask for the playlist without hls_ctx\n',
    ]);
  });

  test('is still here after a pause of the process, in which his requests had to wait', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const playlist = await server.enter('/live/cam.m3u8');
    await (await server.get(playlist)).text();
    server.clock.pause(1_000_000);
    server.clock.advance(2_000);
    expect((await server.get(playlist)).status).toBe(200);
    expect(server.gate.told).toEqual([]);
  });

  test('who does not come back with his session is gone after ten seconds', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    await server.enter();
    server.clock.advance(11_500);
    await server.told('tell on_stop cam client');
  });

  test('who is refused is told why, and gets no further by asking for what is behind', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const segments = await server.segments(await server.enter());
    server.gate.answers('on_play', refused('No ticket.'));
    const playlist = await server.get('/live/cam.m3u8?token=bad');
    expect([playlist.status, await playlist.text()]).toEqual([403, 'No ticket.\n']);
    const [path = ''] = (segments[0] ?? '').split('?');
    expect((await server.get(path)).status).toBe(403);
    expect((await server.get(`${path}?hls_ctx=AAAAAAAAAAAAAAAAAAAAAA`)).status).toBe(403);
    expect((await server.get('/live/cam.m3u8?hls_ctx=AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(403);
    expect((await server.get('/live/cam.m3u8?hls_ctx=')).status).toBe(403);
    expect(server.gate.told).toEqual([]);
  });

  test('who is shown out gets neither playlist nor segments any more', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    server.gate.answers('on_play', { allowed: true, grant: { maxDurationMs: 3000 } });
    const playlist = await server.enter();
    const [segment = ''] = await server.segments(playlist);
    server.clock.advance(4_000);
    await server.told('tell on_stop cam limit');
    const answer = await server.get(segment);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('The 3 granted seconds are over');
    expect((await server.get(playlist)).status).toBe(403);
  });

  test('has the place of a player', async () => {
    const server = await startHlsServer();
    server.gate.answers('on_publish', { allowed: true, grant: { maxViewers: 1 } });
    await server.publishSound('cam', 5000);
    await server.enter();
    const second = await server.get('/live/cam.m3u8');
    expect([second.status, await second.text()]).toEqual([
      403,
      'the stream has reached its limit of 1 viewers\n',
    ]);
    server.clock.advance(11_500);
    await server.told('tell on_stop cam client');
    await server.enter();
  });

  test('may be sent to a stream of another name', async () => {
    const server = await startHlsServer();
    await server.publishSound('real', 5000);
    server.gate.answers('on_play', { allowed: true, grant: { stream: 'real' } });
    const playlist = await server.enter('/live/alias.m3u8');
    expect(playlist).toContain('/live/real.m3u8?hls_ctx=');
    const [segment = ''] = await server.segments(playlist);
    expect((await server.get(segment)).status).toBe(200);
  });

  test('has no way to the files of other streams', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    await server.publishSound('other', 5000);
    const query = new URL(await server.enter()).search;
    const [other = ''] = await server.segments(await server.enter('/live/other.m3u8'));
    expect((await server.get(other.replace(/\?.*/, query))).status).toBe(404);
    expect((await server.get(`/live/other.m3u8${query}`)).status).toBe(404);
  });

  test('waits for a stream, and is told when there is none', async () => {
    const server = await startHlsServer();
    const waiting = server.get('/live/cam.m3u8');
    await server.told('ask on_play cam');
    await server.publishSound('cam', 5000);
    expect((await waiting).status).toBe(200);

    const absent = server.get('/live/absent.m3u8');
    await server.waits(15_000);
    server.clock.advance(15_000);
    const answer = await absent;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([404, '2']);
    await server.told('tell on_stop absent client');
  });

  test('who leaves while his backend is being asked is told of to nobody', async () => {
    const server = await startHlsServer();
    server.gate.keepsWaiting('on_play');
    const abort = new AbortController();
    const request = server.get('/live/cam.m3u8', { signal: abort.signal });
    const question = await server.gate.question();
    abort.abort();
    await expect(request).rejects.toThrow();
    await new Promise((resolve) => question.signal.addEventListener('abort', resolve));
    expect(server.gate.told).toEqual([]);
  });
});

describe('a viewer who asks for the playlist with the id of a session that is no more', () => {
  const OLD = 'hls_ctx=BBBBBBBBBBBBBBBBBBBBBB';
  type Server = Awaited<ReturnType<typeof startHlsServer>>;
  const plays = ({ gate }: Server) => gate.asked.filter(({ action }) => action === 'on_play');
  const ctxOf = (url = '') => new URL(url).searchParams.get('hls_ctx');

  test('is a newcomer, asked about with the query that he has', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const answer = await server.get(`/live/cam.m3u8?${OLD}&token=t`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/vnd.apple.mpegurl',
    ]);
    expect(plays(server)).toMatchObject([{ app: 'live', stream: 'cam', param: '?token=t' }]);
    const segments = urisOf(await answer.text());
    expect(segments.length).toBeGreaterThanOrEqual(2);
    for (const uri of segments) {
      expect(uri).toMatch(/\?hls_ctx=[\w-]{22}$/);
      expect(uri).not.toContain(OLD);
      expect((await server.get(`/live/${uri}`)).status).toBe(200);
    }
  });

  test('keeps his new session, as he keeps asking with the old id', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const playlist = `${server.base}/live/cam.m3u8?${OLD}&token=t`;
    const [first = ''] = await server.segments(playlist);
    for (let reload = 0; reload < 20; reload++) {
      server.clock.advance(2000);
      expect(ctxOf((await server.segments(playlist))[0])).toBe(ctxOf(first));
    }
    expect(plays(server)).toHaveLength(1);
    expect(server.gate.told).toEqual([]);
    server.clock.advance(21_500);
    await server.told('tell on_stop cam client');
  });

  test('is asked about once, however many of his requests come meanwhile', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    server.gate.keepsWaiting('on_play');
    const requests = [1, 2, 3].map(() => server.segments(`${server.base}/live/cam.m3u8?${OLD}`));
    (await server.gate.question()).answer({ allowed: true });
    const ids = (await Promise.all(requests)).map(([segment]) => ctxOf(segment));
    expect(new Set(ids).size).toBe(1);
    expect(plays(server)).toHaveLength(1);
  });

  test('is asked about again when the request that was the first is given up', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    server.gate.keepsWaiting('on_play');
    const abort = new AbortController();
    const url = `/live/cam.m3u8?${OLD}`;
    const first = server.get(url, { signal: abort.signal });
    await server.gate.question();
    const second = server.get(url);
    await until('both requests to be there', () => server.server.connections >= 3);
    abort.abort();
    await expect(first).rejects.toThrow();
    (await server.gate.question()).answer({ allowed: true });
    expect((await second).status).toBe(200);
  });

  test('is refused with the reason of his backend, and has no way to segments', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const [segment = ''] = await server.segments(await server.enter());
    server.gate.answers('on_play', refused('No ticket.'));
    const answer = await server.get(`/live/cam.m3u8?${OLD}&token=old`);
    expect([answer.status, await answer.text()]).toEqual([403, 'No ticket.\n']);
    expect((await server.get(segment.replace(/hls_ctx=.*/, OLD))).status).toBe(403);
  });

  test('shares his session with nobody who has found the id', async () => {
    const server = await startHlsServer({ trusted: ['127.0.0.1'] });
    await server.publishSound('cam', 5000);
    await server.publishSound('other', 5000);
    const from = (ip: string, path: string) => server.get(path, { headers: { 'x-forwarded-for': ip } });
    await from('192.0.2.1', `/live/cam.m3u8?${OLD}&token=t`);
    server.gate.answers('on_play', refused('Not you.'));
    expect((await from('192.0.2.1', `/live/cam.m3u8?${OLD}&token=t`)).status).toBe(200);
    for (const [ip, path] of [
      ['192.0.2.2', `/live/cam.m3u8?${OLD}&token=t`],
      ['192.0.2.1', `/live/cam.m3u8?${OLD}&token=u`],
      ['192.0.2.1', `/live/other.m3u8?${OLD}&token=t`],
    ] as const)
      expect((await from(ip, path)).status, `${ip} ${path}`).toBe(403);
  });

  test('comes back from sleep', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const playlist = await server.enter('/live/cam.m3u8?token=t');
    const [before] = await server.segments(playlist);
    server.clock.advance(3_600_000);
    await server.told('tell on_stop cam client');
    const [after = ''] = await server.segments(playlist);
    expect(ctxOf(after)).not.toBe(ctxOf(before));
    expect((await server.get(after)).status).toBe(200);
    expect(plays(server).map(({ param }) => param)).toEqual(['?token=t', '?token=t']);
  });

  test('waits for his stream, and has his session while it is not there yet', async () => {
    const server = await startHlsServer();
    const url = `/live/cam.m3u8?${OLD}`;
    const waiting = server.get(url);
    await server.waits(8_000);
    server.clock.advance(8_000);
    const answer = await waiting;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([404, '2']);
    await server.publishSound('cam', 5000);
    expect((await server.get(url)).status).toBe(200);
    expect(plays(server)).toHaveLength(1);
  });

  test('who is shown out stays out', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    server.gate.answers('on_play', { allowed: true, grant: { maxDurationMs: 3000 } });
    const url = `/live/cam.m3u8?${OLD}`;
    expect((await server.get(url)).status).toBe(200);
    server.clock.advance(4_000);
    await server.told('tell on_stop cam limit');
    const answer = await server.get(url);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('The 3 granted seconds are over'),
    ]);
  });

  test('is led to the name that his stream has now', async () => {
    const server = await startHlsServer();
    await server.publishSound('real', 5000);
    server.gate.answers('on_play', { allowed: true, grant: { stream: 'real' } });
    const answer = await server.get(`/live/alias.m3u8?${OLD}&token=t`);
    expect(answer.url).toMatch(/\/live\/real\.m3u8\?hls_ctx=[\w-]{22}&token=t$/);
    const [segment = ''] = urisOf(await answer.text());
    expect((await server.get(new URL(segment, answer.url).href)).status).toBe(200);
  });

  test('gets everything where hls_ctx is off by now', async () => {
    const server = await startHlsServer({ hls: { ctx: false } });
    server.gate.ignores('on_play');
    await server.publishSound('cam', 5000);
    const answer = await server.get(`/live/cam.m3u8?${OLD}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain('hls_ctx');
  });
});

describe('a vhost that is named in the query', () => {
  const named = (hls: Partial<HlsOptions>) =>
    startHlsServer({ vhost: { name: 'tv.example' }, hls: { format: 'fmp4', ...hls } });

  test.each([
    ['sessions', {}],
    ['hls_ts_ctx off', { tsCtx: false }],
    ['hls_ctx off', { ctx: false }],
  ])('is in all URLs that lead on, where there is no default vhost (%s)', async (_what, hls) => {
    const server = await named(hls);
    if ('ctx' in hls) server.gate.ignores('on_play');
    await server.publishSound('cam', 5000, 0, 'live?vhost=tv.example');
    const path = '/live/cam.m3u8?token=t&vhost=tv.example';
    const playlist = 'ctx' in hls ? `${server.base}${path}` : await server.enter(path);
    const text = await (await server.get(playlist)).text();
    const init = /EXT-X-MAP:URI="([^"]*)"/.exec(text)?.[1] ?? '';
    const urls = [init, ...urisOf(text)].map((uri) => new URL(uri, playlist));
    expect(urls.length).toBeGreaterThanOrEqual(2);
    for (const url of urls) {
      expect(url.searchParams.get('vhost')).toBe('tv.example');
      expect((await server.get(url.href)).status).toBe(200);
    }
    expect((await server.get(`/live/cam.m3u8?token=t`)).status).toBe(404);
  });

  test('is in no URL where the Host header names it', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    for (const url of await server.segments(await server.enter())) expect(url).not.toContain('vhost');
  });
});

describe('what is sent', () => {
  test('playlists are compressed, and sent again only when they have changed', async () => {
    const server = await startHlsServer();
    const publisher = await server.publishSound('cam', 5000);
    const playlist = await server.enter();
    const first = await server.get(playlist);
    expect(first.headers.get('content-encoding')).toBe('gzip');
    const plain = await server.get(playlist, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBe(null);
    expect(await first.text()).toBe(await plain.text());
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await server.get(playlist, { headers })).status).toBe(304);
    publisher.stop();
    await server.told('tell on_unpublish cam client');
    const { status } = await server.get(playlist, { headers });
    expect(status).toBe(200);
  });

  test.each([
    ['bytes=0-187', 206, 'bytes 0-187/', 188],
    ['bytes=188-', 206, 'bytes 188-', undefined],
    ['bytes=-188', 206, undefined, 188],
    ['bytes=99999999-', 416, 'bytes */', 0],
    ['bytes=0-1,3-4', 200, undefined, undefined],
    ['lines=1-2', 200, undefined, undefined],
  ])('of a segment the part %s: %d', async (range, status, contentRange, length) => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const [segment = ''] = await server.segments(await server.enter());
    const answer = await server.get(segment, { headers: { range } });
    expect(answer.status).toBe(status);
    if (contentRange !== undefined) expect(answer.headers.get('content-range')).toContain(contentRange);
    const bytes = await answer.arrayBuffer();
    if (length !== undefined) expect(bytes.byteLength).toBe(length);
  });

  test('a HEAD says what a GET would send, and asks nobody', async () => {
    const server = await startHlsServer();
    await server.publishSound('cam', 5000);
    const head = await server.get('/live/cam.m3u8', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/vnd.apple.mpegurl']);
    expect(server.gate.asked.filter(({ action }) => action === 'on_play')).toEqual([]);
    const [segment = ''] = await server.segments(await server.enter());
    const size = (await (await server.get(segment)).arrayBuffer()).byteLength;
    const { headers } = await server.get(segment, { method: 'HEAD' });
    expect(headers.get('content-length')).toBe(String(size));
  });
});
