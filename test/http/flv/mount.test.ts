import { expect, test } from 'vitest';
import { matchMount } from '../../../src/http/flv/flv-handler.ts';

const at = (mount: string, path: string) => matchMount(mount, path.split('/').slice(1));

test.each([
  ['/[app]/[stream].flv', '/live/cam.flv', 'live', 'cam'],
  ['/[app]/[stream].flv', '/live/north/cam.flv', 'live/north', 'cam'],
  ['/[app]/[stream].flv', '/live/cam.flv.flv', 'live', 'cam.flv'],
  ['/watch/[app]/[stream].flv', '/watch/live/cam.flv', 'live', 'cam'],
  ['/[app]/flv/[stream].flv', '/live/flv/cam.flv', 'live', 'cam'],
  ['/[app]/flv/[stream].flv', '/live/flv/flv/cam.flv', 'live/flv', 'cam'],
  ['/[app]/s-[stream].low.flv', '/live/s-cam.low.flv', 'live', 'cam'],
])('under %s the path %s names app %s and stream %s', (mount, path, app, stream) => {
  expect(at(mount, path)).toEqual({ app, stream });
});

test.each([
  ['/[app]/[stream].flv', '/cam.flv'],
  ['/[app]/[stream].flv', '/live/cam'],
  ['/[app]/[stream].flv', '/live/cam.FLV'],
  ['/[app]/[stream].flv', '/live/.flv'],
  ['/[app]/[stream].flv', '/'],
  ['/[app]/[stream].flv', ''],
  ['/watch/[app]/[stream].flv', '/watch/cam.flv'],
  ['/watch/[app]/[stream].flv', '/live/live/cam.flv'],
  ['/[app]/flv/[stream].flv', '/flv/cam.flv'],
  ['/[app]/flv/[stream].flv', '/live/ts/cam.flv'],
  ['/[app]/a-[stream]-a.flv', '/live/a-a.flv'],
])('under %s the path %s names nothing', (mount, path) => {
  expect(at(mount, path)).toBeUndefined();
});
