import { writeFileSync } from 'node:fs';
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

describe.each(NAMES)('%s of ffmpeg 7.1', (name) => {
  const source = fileOfName(name);

  test('over RTMP is what was published, and decodes without a word', async (context) => {
    requiredEnhancedFfmpeg(context);
    const server = stopped(await startServer());
    const saved = files.file(`${name}-saved.flv`);
    const player = stopped(
      startEnhancedFfmpeg(...KNOWN_SOON, '-i', server.url('live/cam'), '-c', 'copy', '-f', 'flv', saved),
    );
    await until('the player', () => server.log.some((line) => line.msg === 'play started'));

    const publisher = stopped(
      startEnhancedFfmpeg('-re', '-i', source, '-c', 'copy', '-f', 'flv', server.url('live/cam')),
    );

    expect(await publisher.end()).toBe(0);
    await server.stop();
    await player.end();
    expect(fingerprints(pictures(saved))).toEqual(fingerprints(pictures(source)));
    expect(pictureHashes(saved)).toEqual(pictureHashes(source));
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
