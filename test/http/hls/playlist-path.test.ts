import { expect, test } from 'vitest';
import { matchFile } from '../../../src/http/hls/playlist-path.ts';
import { HLS } from '../../support/options.ts';

test.each([
  ['ts', '[app]/[stream]-[seq].ts', 'live/cam-1-17.ts', { app: 'live', stream: 'cam-1' }],
  ['ts', '[app]/[stream]-[seq].ts', 'live/a/cam-17.ts', { app: 'live/a', stream: 'cam' }],
  [
    'ts',
    '[vhost]/[app]/[stream]/[2006]-[01]-[02]/[seq].ts',
    'v.example/live/cam/2026-01-02/3.ts',
    { app: 'live', stream: 'cam' },
  ],
  ['ts', '[app]/[stream]/[app]-[seq].ts', 'live/cam/live-3.ts', { app: 'live', stream: 'cam' }],
  ['ts', '[app]/[stream]/[app]-[seq].ts', 'live/cam/other-3.ts', undefined],
  ['ts', '[app]/[stream]-[seq].ts', 'live/cam-17.m4s', undefined],
  ['ts', '[app]/[stream]-[seq].ts', 'live/cam-x.ts', undefined],
  ['fmp4', '[app]/[stream]-[seq].m4s', 'live/cam-17.m4s', { app: 'live', stream: 'cam' }],
  ['fmp4', '[app]/[stream]-[seq].m4s', 'live/cam/init-17.mp4', { app: 'live', stream: 'cam' }],
] as const)('%s, %s: %s', (format, template, path, named) => {
  const options = {
    ...HLS,
    format,
    tsFile: template,
    fmp4File: template,
    initFile: '[app]/[stream]/init.mp4',
  };
  expect(matchFile(options, 'v.example', path)).toEqual(named);
});
