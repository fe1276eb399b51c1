import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { refused } from '../../support/fake-gate.ts';
import { startHlsWorkers } from '../../support/hls-workers.ts';
import { urisOf } from '../../support/segmented.ts';
import { until } from '../../support/until.ts';
import { WebClient } from '../../support/web-viewer.ts';

type Server = Awaited<ReturnType<typeof startHlsWorkers>>['first'];

/** The same URL at another worker. */
const at = (server: Server, url: string) => {
  const { pathname, search } = new URL(url);
  return `${server.base}${pathname}${search}`;
};

const plays = ({ gate }: Server) => gate.asked.filter(({ action }) => action === 'on_play');

describe('a viewer whose connection is in another worker than the publisher', () => {
  test('gets playlists and segments, and is asked about once, where the stream is', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const playlist = await second.enter('/live/cam.m3u8?token=t');
    expect(playlist).toMatch(/\/live\/cam\.m3u8\?hls_ctx=1\.[\w-]{22}&token=t$/);
    const segments = await second.segments(playlist);
    expect(segments.length).toBeGreaterThanOrEqual(2);
    for (const url of segments) {
      const there = await second.get(url);
      const here = await first.get(at(first, url));
      expect([there.status, here.status]).toEqual([200, 200]);
      for (const name of ['content-type', 'cache-control', 'etag', 'content-length', 'accept-ranges'])
        expect(there.headers.get(name)).toBe(here.headers.get(name));
      expect(there.headers.get('access-control-allow-origin')).toBe('*');
      expect(Buffer.from(await there.arrayBuffer())).toEqual(Buffer.from(await here.arrayBuffer()));
    }
    expect(plays(first)).toHaveLength(1);
    expect(plays(first)[0]).toMatchObject({ app: 'live', stream: 'cam', param: '?token=t' });
    expect(plays(second)).toEqual([]);
    first.clock.advance(21_500);
    await first.told('tell on_stop cam client');
    const late = await second.get(segments[0] ?? '');
    expect([late.status, await late.text()]).toEqual([
      403,
      'this session is over: nothing was asked for by it for too long; ask for the playlist without hls_ctx\n',
    ]);
  });

  test('is refused with the reason of his backend', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    first.gate.answers('on_play', refused('No ticket.'));
    const answer = await second.get('/live/cam.m3u8');
    expect([answer.status, await answer.text()]).toEqual([403, 'No ticket.\n']);
  });

  test('is told of with the address that the proxy before his worker says, and with no other', async () => {
    const { first, second } = await startHlsWorkers({ trusted: ['127.0.0.1'] });
    await first.publishSound('cam', 5000);
    await second.enter('/live/cam.m3u8', {
      headers: {
        'x-forwarded-for': '203.0.113.7',
        referer: 'http://page.example/',
        'gatecast-viewer': '203.0.113.8',
      },
    });
    expect(plays(first)[0]).toMatchObject({
      client: { ip: '203.0.113.7' },
      pageUrl: 'http://page.example/',
    });
  });

  test('gets parts, what has not changed and compressed playlists as anybody does', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const playlist = await second.enter();
    const list = await second.get(playlist);
    expect(list.headers.get('content-encoding')).toBe('gzip');
    expect(urisOf(await list.text()).length).toBeGreaterThanOrEqual(2);
    const same = await second.get(playlist, {
      headers: { 'if-none-match': list.headers.get('etag') ?? '' },
    });
    expect([same.status, await same.text()]).toEqual([304, '']);
    const [segment = ''] = await second.segments(playlist);
    const part = await second.get(segment, { headers: { range: 'bytes=188-375' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 188]);
    expect(part.headers.get('content-range')).toMatch(/^bytes 188-375\//);
    const head = await second.get(segment, { method: 'HEAD' });
    const whole = await (await second.get(segment)).arrayBuffer();
    expect(head.headers.get('content-length')).toBe(String(whole.byteLength));
    first.clock.advance(21_500);
    await first.told('tell on_stop cam client');
    expect(first.gate.told[0]?.sendBytes).toBeGreaterThan(188 + whole.byteLength);
  });

  test('who leaves while his backend is being asked is told of to nobody', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    first.gate.keepsWaiting('on_play');
    const abort = new AbortController();
    const request = second.get('/live/cam.m3u8', { signal: abort.signal });
    const question = await first.gate.question();
    abort.abort();
    await expect(request).rejects.toThrow();
    await new Promise((resolve) => question.signal.addEventListener('abort', resolve));
    expect(first.gate.told).toEqual([]);
  });
});

describe('a stream that nobody has', () => {
  test('is waited for where its viewer is, and found in whichever worker it comes on air', async () => {
    const { first, second } = await startHlsWorkers();
    const waiting = second.get('/live/cam.m3u8?token=t');
    await second.told('ask on_play cam');
    await first.publishSound('cam', 5000);
    const master = await waiting;
    expect(master.status).toBe(200);
    const [uri = ''] = urisOf(await master.text());
    expect(uri).toMatch(/^cam\.m3u8\?hls_ctx=2\.[\w-]{22}&token=t$/);
    const playlist = `${second.base}/live/${uri}`;
    // The session is in the one worker, the stream in the other; and a connection may be in either.
    for (const url of await second.segments(playlist)) {
      for (const server of [first, second]) {
        const answer = await server.get(at(server, url));
        expect(answer.status).toBe(200);
        expect((await answer.arrayBuffer()).byteLength % 188).toBe(0);
      }
    }
    expect(plays(first)).toEqual([]);
    expect(plays(second)).toHaveLength(1);
    second.clock.advance(21_500);
    await second.told('tell on_stop cam client');
    expect(second.gate.told[0]?.sendBytes).toBeGreaterThan(1000);
  });

  test('is 404 after a while', async () => {
    const { second } = await startHlsWorkers();
    const absent = second.get('/live/absent.m3u8');
    await second.waits(15_000);
    second.clock.advance(15_000);
    const answer = await absent;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([404, '2']);
    await second.told('tell on_stop absent client');
  });
});

test('a publisher that comes back at another worker keeps its viewers', async () => {
  const { first, second } = await startHlsWorkers();
  const before = await first.publishSound('cam', 5000);
  const playlist = await second.enter();
  const [old = ''] = await second.segments(playlist);
  const numbers = async () => {
    const text = await (await second.get(playlist)).text();
    return ['MEDIA', 'DISCONTINUITY'].map((name) =>
      Number(new RegExp(`#EXT-X-${name}-SEQUENCE:(\\d+)`).exec(text)?.[1]),
    );
  };
  const [media = 0, discontinuity = 0] = await numbers();
  before.stop();
  await first.told('tell on_unpublish cam client');
  await second.publishSound('cam', 11_000);
  const fresh = await until('the segments of the second publish', async () => {
    const listed = await second.segments(playlist);
    return listed.length >= 4 && listed;
  });
  const [mediaThen, discontinuityThen] = await numbers();
  expect(mediaThen).toBeGreaterThanOrEqual(media);
  expect(discontinuityThen).toBeGreaterThan(discontinuity);
  for (const server of [first, second])
    for (const url of [old, ...fresh]) expect((await server.get(at(server, url))).status).toBe(200);
  expect([...plays(first), ...plays(second)]).toHaveLength(1);
  expect([...first.gate.told, ...second.gate.told].map(({ action }) => action)).not.toContain('on_stop');
});

test('the last segments of a stream that has ended are found in the worker that had it', async () => {
  const { first, second } = await startHlsWorkers();
  const publisher = await first.publishSound('cam', 5000);
  await first.segments(await first.enter());
  publisher.stop();
  await first.told('tell on_unpublish cam client');
  const playlist = await second.enter();
  for (const url of await second.segments(playlist)) expect((await second.get(url)).status).toBe(200);
});

test.each([
  ['hls_ctx off', { ctx: false }],
  ['hls_ts_ctx off', { tsCtx: false }],
])('%s: segments are found without an id', async (_what, hls) => {
  for (const format of ['ts', 'fmp4'] as const) {
    const { first, second } = await startHlsWorkers({ hls: { ...hls, format } });
    if ('ctx' in hls) for (const { gate } of [first, second]) gate.ignores('on_play');
    await first.publishSound('cam', 5000);
    const playlist = 'ctx' in hls ? `${second.base}/live/cam.m3u8` : await second.enter();
    const answer = await second.get(playlist);
    const text = await answer.text();
    const uris = [
      ...urisOf(text),
      ...[...text.matchAll(/EXT-X-MAP:URI="([^"]*)"/g)].map(([, uri = '']) => uri),
    ];
    expect(uris.length).toBeGreaterThanOrEqual(format === 'ts' ? 1 : 2);
    for (const uri of uris) {
      expect(uri).not.toContain('?');
      expect((await second.get(new URL(uri, playlist).href)).status).toBe(200);
    }
    expect((await second.get('/live/cam-1.ts')).status).toBe(404);
  }
});

describe('a worker that is no more', () => {
  test('has taken its sessions along; whoever has one of them is asked about once more', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const playlist = await second.enter('/live/cam.m3u8?token=t');
    const [segment = ''] = await second.segments(playlist);
    await first.server.stop();
    first.dismiss();
    const refused = await second.get(segment);
    expect([refused.status, await refused.text()]).toEqual([
      403,
      'there is no such session (hls_ctx); ask for the playlist without hls_ctx\n',
    ]);
    const waiting = second.get(playlist);
    await second.told('ask on_play cam');
    await second.publishSound('cam', 5000);
    expect((await waiting).status).toBe(200);
    expect(plays(second)).toMatchObject([{ param: '?token=t' }]);
  });

  test('may have had a viewer who resumes in one worker, whichever he reaches', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const path = '/live/cam.m3u8?hls_ctx=77.AAAAAAAAAAAAAAAAAAAAAA&token=t';
    const ids = [];
    for (const server of [second, first, second]) {
      const [segment = ''] = await server.segments(server.base + path);
      expect((await server.get(segment)).status).toBe(200);
      ids.push(new URL(segment).searchParams.get('hls_ctx'));
    }
    expect(ids[0]).toMatch(/^1\./);
    expect(new Set(ids).size).toBe(1);
    expect(plays(first)).toMatchObject([{ param: '?token=t' }]);
    expect(plays(second)).toEqual([]);
  });

  test.each(['77.AAAAAAAAAAAAAAAAAAAAAA', '2.AAAAAAAAAAAAAAAAAAAAAA', '..%2f1.AAAAAAAAAAAAAAAAAAAAAA', '1.'])(
    'the id %s is that of nobody',
    async (ctx) => {
      const { second } = await startHlsWorkers();
      expect((await second.get(`/live/cam-1.ts?hls_ctx=${ctx}`)).status).toBe(403);
    },
  );
});

describe('the socket between workers', () => {
  const ask = async (server: Server, path: string, headers: string) => {
    const { peers } = server.workerContext;
    const client = new WebClient(connect(peers.socketOf(peers.node)));
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    const { status } = await client.head();
    client.socket.destroy();
    return status;
  };

  test('answers nobody without the token', async () => {
    const { first } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const viewer = 'Gatecast-Viewer: 203.0.113.9\r\n';
    expect(await ask(first, '/live/cam.m3u8', viewer)).toBe(403);
    expect(await ask(first, '/live/cam.m3u8', `${viewer}Gatecast-Token: guessed\r\n`)).toBe(403);
    const token = `Gatecast-Token: ${first.workerContext.peers.token}\r\n`;
    expect(await ask(first, '/live/cam.m3u8', token)).toBe(403);
    expect(plays(first)).toEqual([]);
    expect(await ask(first, '/live/cam.m3u8', viewer + token)).toBe(200);
    expect(plays(first)[0]?.client.ip).toBe('203.0.113.9');
  });

  test('serves HLS and nothing else, and its connections are not counted', async () => {
    const { first, second } = await startHlsWorkers();
    await first.publishSound('cam', 5000);
    const { token } = first.workerContext.peers;
    const headers = `Gatecast-Viewer: 203.0.113.9\r\nGatecast-Token: ${token}\r\n`;
    expect(await ask(first, '/live/cam.flv', headers)).toBe(404);
    const before = first.server.connections;
    await second.segments(await second.enter());
    expect(first.server.connections).toBe(before);
  });
});
