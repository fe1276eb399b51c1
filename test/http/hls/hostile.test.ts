import { expect, test } from 'vitest';
import { startHlsServer } from '../../support/hls-server.ts';
import { HLS, vhost } from '../../support/options.ts';
import { stopped } from '../../support/stopped.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { WebClient } from '../../support/web-viewer.ts';

test.each([
  '/live/../../etc/passwd',
  '/live/%2e%2e/%2e%2e/etc/passwd',
  '/live/..%2f..%2fetc%2fpasswd',
  '/live/cam%00.m3u8',
  '/live/cam\\..\\x.m3u8',
  '/live/%ff.m3u8',
  '/%2e%2e/cam.m3u8?hls_ctx=AAAAAAAAAAAAAAAAAAAAAA',
  `/live/${'a'.repeat(5000)}.m3u8`,
  '/live/cam.m3u8/',
  '/live/cam%3Fvhost=x.m3u8',
  '/live/cam,vhost=x.m3u8',
  '/cam.m3u8',
  '/.m3u8',
])('nothing is found at %j, and nobody is asked about it', async (path) => {
  const server = await startHlsServer({ dir: stopped(temporaryDirectory()).path });
  await server.publishSound('cam', 3000);
  const asked = server.gate.asked.length;
  const client = await WebClient.connect(server.port);
  client.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const { status } = await client.head();
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(server.gate.asked).toHaveLength(asked);
  client.socket.destroy();
});

test("files of HLS are in nobody's reach as plain files, whatever vhost is named", async () => {
  const dir = stopped(temporaryDirectory()).path;
  const plain = vhost({ name: 'plain.example' });
  const server = await startHlsServer({ dir, hls: { storage: 'disk', path: dir }, more: [plain] });
  await server.publishSound('cam', 5000);
  const [segment = ''] = await server.segments(await server.enter());
  const [path = ''] = segment.split('?');
  expect((await server.get(`${path}?vhost=plain.example`)).status).toBe(404);
  expect((await server.get('/live/cam.m3u8?vhost=plain.example')).status).toBe(404);
  expect((await server.get(segment)).status).toBe(200);
});

test('without sessions nobody is let past a gate that has something to say about players', async () => {
  const server = await startHlsServer({ hls: { ...HLS, enabled: true, ctx: false } });
  await server.publishSound('cam', 5000);
  const answer = await server.get('/live/cam.m3u8');
  expect([answer.status, await answer.text()]).toEqual([
    403,
    'this vhost authorizes viewers, which needs hls_ctx on\n',
  ]);
});
