import { expect, test } from 'vitest';
import { playUrls } from '../../src/api/present.ts';
import type { ListeningPlace } from '../../src/model/control.ts';
import { vhost } from '../support/options.ts';

const made = vhost();
const usual = {
  ...made,
  httpRemux: { ...made.httpRemux, enabled: false },
  hls: { ...made.hls, enabled: false },
};
const remux = { ...usual, httpRemux: { ...usual.httpRemux, enabled: true } };
const both = { ...remux, hls: { ...usual.hls, enabled: true } };
const KEY = { vhost: usual.name, app: 'live', stream: 'cam' };

const at = (protocol: ListeningPlace['protocol'], port: number) => ({ protocol, host: '::', port });

const urls = (listening: readonly ListeningPlace[], options = both, key = KEY, host = 'media.example:1985') =>
  playUrls(key, { host, listening, vhosts: [options] });

test('each way in that is open has a URL at the name by which the server was reached', () => {
  expect(urls([at('rtmp', 1935), at('http', 8080)])).toEqual({
    rtmp: 'rtmp://media.example/live/cam',
    flv: 'http://media.example:8080/live/cam.flv',
    wsFlv: 'ws://media.example:8080/live/cam.flv',
    hls: 'http://media.example:8080/live/cam.m3u8',
  });
});

test('what is encrypted is named where there is nothing else', () => {
  expect(urls([at('rtmps', 443), at('https', 8443)])).toMatchObject({
    rtmp: 'rtmps://media.example/live/cam',
    flv: 'https://media.example:8443/live/cam.flv',
    wsFlv: 'wss://media.example:8443/live/cam.flv',
  });
});

test('what the vhost does not offer, or nobody listens for, has none', () => {
  expect(urls([at('rtmp', 1936)])).toEqual({
    rtmp: 'rtmp://media.example:1936/live/cam',
    flv: null,
    wsFlv: null,
    hls: null,
  });
  expect(urls([at('http', 80)], usual)).toEqual({ rtmp: null, flv: null, wsFlv: null, hls: null });
  expect(urls([at('http', 80)], remux)).toMatchObject({
    flv: 'http://media.example/live/cam.flv',
    hls: null,
  });
});

test('a vhost that is not the default one is named, and names are written as URLs have them', () => {
  const other = { ...both, name: 'cdn' };
  const key = { vhost: 'cdn', app: 'a/b c', stream: 'é?' };
  expect(urls([at('rtmp', 1935), at('http', 80)], other, key, '[::1]:1985')).toMatchObject({
    rtmp: 'rtmp://[::1]/a/b%20c/%C3%A9%3F?vhost=cdn',
    flv: 'http://[::1]/a/b%20c/%C3%A9%3F.flv?vhost=cdn',
  });
});
