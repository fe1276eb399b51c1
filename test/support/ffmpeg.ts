import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestContext } from 'vitest';
import { type Child, startChild } from './child.ts';
import { findProgram, required } from './requires.ts';

const require = createRequire(import.meta.url);

/** The path that an npm package of ffmpeg names, if its binary was downloaded. */
function fromPackage(load: () => unknown): string | undefined {
  try {
    const found = load() as string | { path: string } | null;
    const path = typeof found === 'string' ? found : found?.path;
    return path !== undefined && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The ffmpeg that tests use: FFMPEG_PATH, ffmpeg-static, PATH, @ffmpeg-installer/ffmpeg, in this order. */
export const ffmpegPath: string | undefined =
  process.env['FFMPEG_PATH'] ??
  fromPackage(() => require('ffmpeg-static')) ??
  findProgram('ffmpeg') ??
  fromPackage(() => require('@ffmpeg-installer/ffmpeg'));

/** Skips a test that needs ffmpeg where there is none. */
export function requiredFfmpeg(context: TestContext): string {
  return required(context, ffmpegPath, 'there is no ffmpeg: set FFMPEG_PATH');
}

/** Starts ffmpeg with its errors and warnings alone on standard error. */
export function startFfmpeg(...args: readonly string[]): Child {
  return startChild(ffmpegPath ?? 'ffmpeg', ['-hide_banner', '-nostdin', '-v', 'warning', '-y', ...args]);
}

/** Input options: a live stream is known by its first packets, so ffmpeg need not study seconds of it. */
export const KNOWN_SOON = ['-analyzeduration', '100000', '-probesize', '5000'] as const;

/**
 * A small live-like FLV file: `seconds` of H.264 with a keyframe each second, and of AAC. x264 finds no use for B-frames
 * in these pictures; `reordered` makes it use them.
 */
export function makeFlv(
  file: string,
  options: { seconds: number; audio?: boolean; video?: boolean; reordered?: boolean },
): void {
  const { seconds, audio = true, video = true, reordered = false } = options;
  const picture = ['-f', 'lavfi', '-i', `testsrc=size=160x120:rate=25:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`];
  const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p'];
  if (reordered) h264.push('-b_strategy', '0');
  const made = spawnSync(
    ffmpegPath ?? 'ffmpeg',
    [
      ...['-hide_banner', '-nostdin', '-v', 'error', '-y'],
      ...(video ? picture : []),
      ...(audio ? sound : []),
      ...(video ? h264 : []),
      ...(audio ? ['-c:a', 'aac', '-b:a', '64k'] : []),
      ...['-shortest', '-f', 'flv', file],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`ffmpeg could not make ${file}: ${made.stderr}`);
}

/** One packet as ffmpeg's own framing shows it. */
export interface FrameHash {
  readonly stream: number;
  readonly dts: number;
  readonly size: number;
  readonly hash: string;
}

/** The packets of a file or URL by their MD5, not decoded. */
export function frameHashes(file: string): FrameHash[] {
  const args = ['-v', 'error', '-i', file, '-map', '0', '-c', 'copy', '-f', 'framemd5', '-'];
  const { stdout, stderr, status } = spawnSync(ffmpegPath ?? 'ffmpeg', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg could not read ${file}: ${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [stream, dts, , , size, hash = ''] = line.split(',').map((field) => field.trim());
      return { stream: Number(stream), dts: Number(dts), size: Number(size), hash };
    });
}
