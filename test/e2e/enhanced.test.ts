import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from '../../src/media/muxer.ts';
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
import { mediaPacketsOf } from '../support/media-packets.ts';
import { fileOf, muxed } from '../support/muxed.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

type Name = keyof typeof ENHANCED_PICTURES;
const NAMES = Object.keys(ENHANCED_PICTURES) as Name[];

const files = temporaryDirectory();
const fileOfName = (name: Name) => files.file(`${name}.flv`);

beforeAll(() => {
  if (enhancedFfmpeg === undefined) return;
  for (const name of NAMES) makeEnhancedFlv(fileOfName(name), name, 3);
});
afterAll(() => files.stop());

const CONTAINERS: Readonly<Record<Name, readonly Container[]>> = {
  HEVC: ['ts', 'fmp4'],
  AV1: ['fmp4'],
  VP9: ['fmp4'],
};

/** Coded frames alone: ffmpeg announces AV1 before it knows the configuration, so that its time says nothing. */
const pictures = (file: string) =>
  readFlv(file).filter(({ type, payload }) => type === VIDEO && CODED_FRAMES.has((payload[0] ?? 0) & 0x0f));
const CODED_FRAMES: ReadonlySet<number> = new Set([1, 3]);

/** A server that watches and records. */
const everything = (directory: string) => `
  http_server { enabled on; listen 127.0.0.1:0; }
  vhost __defaultVhost__ {
    http_remux { enabled on; }
    dvr { enabled on; dvr_path ${directory}/[stream].flv ${directory}/[stream].mp4; }
  }`;

describe.each(NAMES)('%s of ffmpeg 7.1', (name) => {
  const source = fileOfName(name);

  test('is watched over RTMP and HTTP-FLV and recorded as it was published, and decodes without a word', async (context) => {
    requiredEnhancedFfmpeg(context);
    const directory = files.file(`${name}-recorded`);
    const server = stopped(await startServer(everything(directory)));
    const watching = ['rtmp', 'http'].map((protocol) => {
      const file = files.file(`${name}-${protocol}.flv`);
      const url = server.urlOf(protocol, protocol === 'http' ? 'live/cam.flv' : 'live/cam');
      const child = startEnhancedFfmpeg(...KNOWN_SOON, '-i', url, '-c', 'copy', '-f', 'flv', file);
      return { file, child: stopped(child) };
    });
    await until('the players', () => server.log.filter(({ msg }) => msg === 'play started').length === 2);

    const publisher = stopped(
      startEnhancedFfmpeg('-re', '-i', source, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
    );

    expect(await publisher.end()).toBe(0);
    await until(
      'the recordings',
      () => server.log.filter(({ msg }) => msg === 'recording complete').length === 2,
    );
    await server.stop();
    for (const { child } of watching) await child.end();
    const [mp4, flv] = readdirSync(directory)
      .sort()
      .reverse()
      .map((file) => join(directory, file));
    for (const file of [...watching.map((one) => one.file), flv ?? '']) {
      expect(fingerprints(pictures(file))).toEqual(fingerprints(pictures(source)));
    }
    const shown = pictureHashes(source);
    for (const file of [...watching.map((one) => one.file), flv ?? '', mp4 ?? '']) {
      expect(pictureHashes(file)).toEqual(shown);
    }
  });

  test.for(CONTAINERS[name])(
    'in pieces of %s decodes to the same pictures without a word',
    async (container, context) => {
      requiredEnhancedFfmpeg(context);
      const file = files.file(`${name}.${container === 'ts' ? 'ts' : 'mp4'}`);
      writeFileSync(file, fileOf(await muxed(container, mediaPacketsOf(source))));
      expect(pictureHashes(file)).toEqual(pictureHashes(source));
    },
  );
});
