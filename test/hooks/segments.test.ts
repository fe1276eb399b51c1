import { expect, test } from 'vitest';
import { fill } from '../../src/hooks/segment-notifier.ts';
import type { NoticeEvent } from '../../src/model/events.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startBackend } from './scripted-backend.ts';
import { FACTS, openGate } from './support.ts';

const segment = (seqNo: number) => ({
  cwd: '/srv',
  file: `./html/live/cam-${seqNo}.ts`,
  url: `live/cam-${seqNo}.ts`,
  m3u8: './html/live/cam.m3u8',
  m3u8Url: 'live/cam.m3u8',
  seqNo,
  durationMs: 2000,
});
const event = (seqNo = 7): NoticeEvent => ({ ...FACTS, action: 'on_hls', segment: segment(seqNo) });

test('each segment is told of in order, and does not hold up the end of its publisher', async () => {
  const backend = await startBackend(({ body }) => (body.includes('on_hls') ? undefined : '0'));
  stopped({ stop: () => backend.close() });
  const { gate } = openGate({ on_hls: [backend.origin], on_unpublish: [backend.origin] });
  gate.emit(event(1));
  gate.emit(event(2));
  await backend.arrival(1);
  gate.emit({
    ...FACTS,
    action: 'on_unpublish',
    reason: 'client',
    durationMs: 1,
    sendBytes: 2,
    recvBytes: 3,
  });
  await backend.arrival(2);
  expect(backend.received.map(({ body }) => JSON.parse(body).action)).toEqual(['on_hls', 'on_unpublish']);
});

test('on_hls_notify is a GET to a URL with the names of the segment', async () => {
  const backend = await startBackend(() => 'more than anybody reads');
  stopped({ stop: () => backend.close() });
  const { gate } = openGate({ on_hls_notify: [`${backend.origin}/cdn/[app]/[stream]/[ts_url][param]`] });
  expect(gate.isInterested('on_hls', FACTS.vhost)).toBe(true);
  gate.emit({ ...event(), param: '?token=a b' });
  const { method, url, body } = await backend.arrival(1);
  expect([method, url, body]).toEqual(['GET', '/cdn/live/cam/live/cam-7.ts?token=a%20b', '']);
});

test("what comes of on_hls_notify is nobody's concern", async () => {
  const backend = await startBackend(({ url }) => (url === '/one' ? { status: 500 } : '0'));
  const { gate } = openGate({
    on_hls_notify: ['http://127.0.0.1:1/', `${backend.origin}/one`, `${backend.origin}/two`],
  });
  stopped({ stop: () => backend.close() });
  gate.emit(event());
  await until('the last URL', () => backend.received.some(({ url }) => url === '/two'));
  expect(backend.received.map(({ url }) => url)).toEqual(['/one', '/two']);
});

test('the names in a URL cannot be other than names', () => {
  const server = { serverId: 'vid-1', serviceId: 's' };
  const odd: NoticeEvent = { ...event(), app: 'a/b', stream: 'c?d#e/', param: '?x=1&y=%41#z' };
  const template = 'http://h/[server_id]/[service_id]/[vhost]/[app]/[stream]/[m3u8_url][param]&[other]';
  expect(fill(template, odd, server)).toBe(
    `http://h/vid-1/s/${FACTS.vhost}/a/b/c%3Fd%23e%2F/live/cam.m3u8?x=1&y=%41%23z&[other]`,
  );
});
