import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { VhostOptions } from '../../src/model/options.ts';
import { parseRecordingPath, type RecordingPath } from '../../src/model/path-template.ts';
import { startHlsServer } from '../support/hls-server.ts';
import { HLS, NO_DVR, REMUX, vhost } from '../support/options.ts';
import { picture } from '../support/picture.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startWebServer } from '../support/web-server.ts';

/** Or a recording would be taken for a stream that is not there yet. */
const NO_REMUX = { ...REMUX, enabled: false };
const WITHOUT = vhost({ httpRemux: NO_REMUX });

/** Files of a directory that no dot hides, as paths of URLs. */
function urlsOf(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length))
    .filter((url) => !url.includes('/.'))
    .sort();
}

/** Which files of the directory a server gives to somebody who has asked for nothing else. */
async function givenAway(port: number, dir: string, vhosts: readonly string[] = ['']): Promise<string[]> {
  const given: string[] = [];
  for (const url of urlsOf(dir))
    for (const name of vhosts) {
      const query = name === '' ? '' : `?vhost=${name}`;
      const answer = await fetch(`http://127.0.0.1:${port}${url}${query}`);
      // A playlist that leads on with a session is no file.
      if (!(await answer.text()).includes('hls_ctx=') && answer.status === 200) given.push(url + query);
    }
  return given;
}

/** A directory that is served, which is that of HLS too, as in files that are written for SRS. */
function overlapping() {
  const dir = stopped(temporaryDirectory()).file('html');
  return { dir, hls: { storage: 'disk', path: dir } as const };
}

const segmentsIn = (dir: string, count: number) =>
  until(
    `${count} segments in ${dir}`,
    () => urlsOf(dir).filter((url) => url.endsWith('.ts')).length >= count,
  );

describe('what HLS has written', () => {
  test('is not for everybody when a reload turns it off, nor is what is cut after that', async () => {
    const { dir, hls } = overlapping();
    const server = await startHlsServer({ dir, hls });
    const publisher = await server.publishSound('cam', 5000);
    await segmentsIn(dir, 2);
    await server.server.reload({ ...server.config, vhosts: [vhost({ hls: { ...HLS, ...hls } })] });
    for (let at = 5040; at <= 11_000; at += 40) publisher.send(picture.sound(at));
    await segmentsIn(dir, 5);
    expect(urlsOf(dir)).toContain('/live/cam.m3u8');
    expect(await givenAway(server.port, dir)).toEqual([]);
    expect(server.gate.asked.filter(({ action }) => action === 'on_play')).toEqual([]);
  });

  test('is not for everybody after a restart without it, in whatever directory that leaves it', async () => {
    const { dir, hls } = overlapping();
    const server = await startHlsServer({ dir, hls });
    await server.publishSound('cam', 5000);
    await segmentsIn(dir, 2);
    // As a server that is killed leaves them.
    const left = stopped(temporaryDirectory()).file('left');
    cpSync(dir, left, { recursive: true });
    const names = urlsOf(left);
    expect(names.length).toBeGreaterThanOrEqual(3);
    const next = await startWebServer({ http: { dir: left } });
    expect(await givenAway(next.port, left)).toEqual([]);
    const inside = await startWebServer({ http: { dir: join(left, 'live') } });
    expect(await givenAway(inside.port, join(left, 'live'))).toEqual([]);
  });

  test.each(['before', 'after'])(
    'of one vhost is not for everybody in another, %s a reload',
    async (when) => {
      const { dir, hls } = overlapping();
      const more = [vhost({ name: 'files.example' })];
      const server = await startHlsServer({ dir, hls, more, vhost: { name: 'tv.example' } });
      const publisher = await server.publish('cam', 'live?vhost=tv.example');
      publisher.send(picture.audioHeader());
      for (let at = 0; at <= 5000; at += 40) publisher.send(picture.sound(at));
      await segmentsIn(dir, 2);
      const off = [vhost({ name: 'tv.example' }), ...more];
      if (when === 'after') await server.server.reload({ ...server.config, vhosts: off });
      expect(await givenAway(server.port, dir, ['tv.example', 'files.example'])).toEqual([]);
    },
  );
});

describe('recordings in a directory that is served', () => {
  async function recorded(options: { serveRecordings: boolean }) {
    const dir = stopped(temporaryDirectory()).file('html');
    const path = parseRecordingPath(join(dir, '[app]/[stream].[timestamp].flv')) as RecordingPath;
    const dvr: VhostOptions['dvr'] = { ...NO_DVR, enabled: true, paths: [path] };
    const stateDir = stopped(temporaryDirectory()).file('objs');
    const vhosts = [vhost({ dvr, httpRemux: NO_REMUX })];
    const server = await startWebServer({ http: { dir, ...options }, vhosts, stateDir });
    const ended = await server.publish('ended');
    ended.send(...picture.stream(30));
    ended.stop();
    await until('a recording', () => urlsOf(dir).some((url) => url.endsWith('.flv')));
    const going = await server.publish('going');
    going.send(...picture.stream(30));
    await until('another', () => urlsOf(dir).some((url) => /going.*\.tmp$/.test(url)));
    return { dir, server };
  }

  test('are not for everybody, also when nobody records any more', async () => {
    const { dir, server } = await recorded({ serveRecordings: false });
    expect(urlsOf(dir)).toHaveLength(2);
    expect(await givenAway(server.port, dir)).toEqual([]);
    await server.server.reload({ ...server.config, vhosts: [WITHOUT] });
    expect(await givenAway(server.port, dir)).toEqual([]);
    const next = await startWebServer({ http: { dir }, vhosts: [WITHOUT] });
    expect(await givenAway(next.port, dir)).toEqual([]);
  });

  test('are for everybody where somebody has said so', async () => {
    const { dir, server } = await recorded({ serveRecordings: true });
    expect(await givenAway(server.port, dir)).toContainEqual(expect.stringMatching(/ended\.\d+\.flv$/));
  });
});
