import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Container } from '../../src/remux/muxer.ts';
import {
  ENHANCED_PICTURES,
  enhancedFfmpeg,
  makeEnhancedFlv,
  pictureHashes,
  requiredEnhancedFfmpeg,
  startEnhancedFfmpeg,
} from '../support/enhanced-ffmpeg.ts';
import { KNOWN_SOON } from '../support/ffmpeg.ts';
import { fingerprints, readFlv, VIDEO } from '../support/flv-file.ts';
import { hlsFile } from '../support/hls-file.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

type Name = keyof typeof ENHANCED_PICTURES;
const NAMES = Object.keys(ENHANCED_PICTURES) as Name[];
/** A keyframe each second, and so as many segments. */
const SECONDS = 3;
/** Containers of HLS that can hold it. */
const CONTAINERS: Readonly<Record<Name, readonly Container[]>> = {
  HEVC: ['fmp4', 'ts'],
  AV1: ['fmp4'],
  VP9: ['fmp4'],
};
/** A vhost has its segments in one container. */
const VHOSTS: Readonly<Record<Container, string>> = { fmp4: '__defaultVhost__', ts: 'ts' };
/** Coded frames alone: ffmpeg announces AV1 before it knows the configuration, so that its time says nothing. */
const CODED_FRAMES: ReadonlySet<number> = new Set([1, 3]);

const files = temporaryDirectory();
const sourceOf = (name: Name) => files.file(`${name}.flv`);

beforeAll(() => {
  if (enhancedFfmpeg === undefined) return;
  for (const name of NAMES) makeEnhancedFlv(sourceOf(name), name, SECONDS);
});
afterAll(() => files.stop());

test.for(NAMES)(
  '%s of ffmpeg 7.1 is watched over RTMP, HTTP-FLV and HLS and recorded as it was published, and decodes without a word',
  async (name, context) => {
    requiredEnhancedFfmpeg(context);
    const source = sourceOf(name);
    const recordings = files.file(`${name}-recordings`);
    const server = stopped(await startServer(everything(recordings)));
    const players = ['rtmp', 'http'].map((protocol) => {
      const saved = files.file(`${name}-${protocol}.flv`);
      const path = protocol === 'http' ? 'live/cam.flv' : 'live/cam';
      const input = ['-i', server.urlOf(protocol, path), '-c', 'copy', '-f', 'flv', saved];
      return { saved, child: stopped(startEnhancedFfmpeg(...KNOWN_SOON, ...input)) };
    });
    await until('the players', () => server.log.filter(({ msg }) => msg === 'play started').length === 2);

    const publishers = CONTAINERS[name].map((container) => {
      const output = ['-c', 'copy', '-f', 'flv', server.url(`live?vhost=${VHOSTS[container]}/cam`)];
      return stopped(startEnhancedFfmpeg('-re', '-i', source, ...output));
    });

    for (const publisher of publishers) expect(await publisher.end()).toBe(0);
    const segmented: string[] = [];
    for (const container of CONTAINERS[name]) {
      const master = server.urlOf('http', `live/cam.m3u8?vhost=${VHOSTS[container]}`);
      const file = files.file(`${name}.${container === 'ts' ? 'ts' : 'mp4'}`);
      writeFileSync(file, await until('the segments', () => hlsFile(master, SECONDS)));
      segmented.push(file);
    }
    const complete = () => server.log.filter(({ msg }) => msg === 'recording complete').length === 2;
    await until('the recordings', complete);
    await server.stop();
    for (const { child } of players) await child.end();
    const [flv = '', mp4 = ''] = readdirSync(recordings)
      .filter((file) => !file.startsWith('.'))
      .sort()
      .map((file) => join(recordings, file));
    const saved = [...players.map((player) => player.saved), flv];
    for (const file of saved) expect(fingerprints(pictures(file))).toEqual(fingerprints(pictures(source)));
    const shown = pictureHashes(source);
    expect(shown).toHaveLength(SECONDS * 25);
    for (const file of [...saved, mp4, ...segmented]) expect(pictureHashes(file)).toEqual(shown);
  },
);

/** A server that records and segments. */
function everything(recordings: string): string {
  const vhost = (container: Container, more = '') => `
    vhost ${VHOSTS[container]} {
      hls { enabled on; hls_format ${container}; hls_fragment 1; hls_storage memory; }
      ${more}
    }`;
  const dvr = `dvr { enabled on; dvr_path ${recordings}/[stream].flv ${recordings}/[stream].mp4; }`;
  return `
    http_server { enabled on; listen 127.0.0.1:0; }
    ${vhost('ts')}
    ${vhost('fmp4', `http_remux { enabled on; } ${dvr}`)}`;
}

function pictures(file: string) {
  return readFlv(file).filter(
    ({ type, payload }) => type === VIDEO && CODED_FRAMES.has((payload[0] ?? 0) & 0x0f),
  );
}
