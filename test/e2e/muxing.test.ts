import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Container } from '../../src/remux/muxer.ts';
import { frameHashes, makeFlv, requiredFfmpeg } from '../support/ffmpeg.ts';
import { mediaPacketsOf } from '../support/media-packets.ts';
import { fileOf, muxed } from '../support/muxed.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe.each<{ container: Container; name: string }>([
  { container: 'ts', name: 'muxed.ts' },
  { container: 'fmp4', name: 'muxed.mp4' },
])('pieces of $container', ({ container, name }) => {
  test('one behind the other are a file that ffmpeg decodes without a word', async (context) => {
    const ffmpeg = requiredFfmpeg(context);
    const directory = stopped(temporaryDirectory());
    const flv = directory.file('published.flv');
    makeFlv(flv, { seconds: 6, reordered: true });
    const pieces = await muxed(container, mediaPacketsOf(flv));
    const file = directory.file(name);
    writeFileSync(file, fileOf(pieces));
    const { stderr, status } = spawnSync(ffmpeg, ['-v', 'warning', '-i', file, '-f', 'null', '-'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(frameHashes(file)).toHaveLength(frameHashes(flv).length);
    expect(pieces).toHaveLength(3);
  });
});
