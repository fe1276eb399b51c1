import { expect, test } from 'vitest';
import { DEFAULT_VHOST, formatStreamKey, formatStreamUrl } from '../../src/model/stream-key.ts';

test('a key is spelled vhost/app/stream', () => {
  expect(formatStreamKey({ vhost: 'v', app: 'live/sub', stream: 'cam' })).toBe('v/live/sub/cam');
});

test('a stream_url leaves the default vhost out and keeps any other', () => {
  expect(formatStreamUrl({ vhost: DEFAULT_VHOST, app: 'live', stream: 'cam' })).toBe('/live/cam');
  expect(formatStreamUrl({ vhost: 'v', app: 'live', stream: 'cam' })).toBe('v/live/cam');
});

test.each(['flv', 'ts', 'mp3', 'aac', 'm3u8'])('a stream_url leaves .%s out', (extension) => {
  expect(formatStreamUrl({ vhost: 'v', app: 'live', stream: `cam.${extension}` })).toBe('v/live/cam');
});

test('a stream_url keeps an extension that is none', () => {
  expect(formatStreamUrl({ vhost: 'v', app: 'live', stream: 'cam.flv.old' })).toBe('v/live/cam.flv.old');
});
