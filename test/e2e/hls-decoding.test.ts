import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { frameHashes, makeFlv, requiredFfmpeg } from '../support/ffmpeg.ts';
import { mediaPacketsOf } from '../support/media-packets.ts';
import { segmented } from '../support/segmented.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What ffmpeg says to a whole playlist that it decodes. */
function decode(ffmpeg: string, playlist: string) {
  const args = ['-v', 'warning', '-allowed_extensions', 'ALL', '-live_start_index', '0', '-i', playlist];
  const { stderr } = spawnSync(ffmpeg, [...args, '-f', 'null', '-'], { encoding: 'utf8', timeout: 30_000 });
  return stderr;
}

/** Each picture that comes out of the decoder, by its MD5. */
function pictures(ffmpeg: string, file: string): string[] {
  const live = file.endsWith('.m3u8') ? ['-allowed_extensions', 'ALL', '-live_start_index', '0'] : [];
  const { stdout } = spawnSync(
    ffmpeg,
    [
      '-v',
      'error',
      ...live,
      '-i',
      file,
      '-map',
      '0:v?',
      '-vsync',
      'passthrough',
      '-enc_time_base',
      '-1',
      '-f',
      'framemd5',
      '-',
    ],
    {
      encoding: 'utf8',
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(line.lastIndexOf(',') + 1).trim());
}

/** A live playlist of which no more is to come. */
function finished(text: string): string {
  return `${text}#EXT-X-ENDLIST\n`;
}

describe.each(['ts', 'fmp4'] as const)('a stream in %s', (format) => {
  test.each([
    { kinds: 'picture and sound', media: {} },
    { kinds: 'picture alone', media: { audio: false } },
    { kinds: 'sound alone', media: { video: false } },
  ] as { kinds: string; media: { audio?: boolean; video?: boolean } }[])(
    'with $kinds is decoded by ffmpeg without a word, after a republish too',
    async ({ media }, context) => {
      const ffmpeg = requiredFfmpeg(context as never);
      const directory = stopped(temporaryDirectory());
      const flv = directory.file('published.flv');
      makeFlv(flv, { seconds: 5, ...media });
      const server = await segmented({ format, storage: 'disk', path: directory.file('hls') });
      server.publish('cam', mediaPacketsOf(flv));
      server.publish('cam', mediaPacketsOf(flv));
      const playlist = await server.playlist('cam', 6);
      const vod = join(directory.file('hls'), 'live', 'vod.m3u8');
      writeFileSync(vod, finished(playlist.text('') ?? ''));
      expect(decode(ffmpeg, vod)).toBe('');
      const published = frameHashes(flv);
      expect(frameHashes(vod)).toHaveLength(2 * published.length);
      if (media.video !== false)
        expect(pictures(ffmpeg, vod)).toEqual([...pictures(ffmpeg, flv), ...pictures(ffmpeg, flv)]);
      if (format === 'fmp4') {
        const hashes = (file: string) =>
          frameHashes(file)
            .map(({ hash }) => hash)
            .sort();
        expect(hashes(vod)).toEqual([...hashes(flv), ...hashes(flv)].sort());
      }
    },
  );
});
