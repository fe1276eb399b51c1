import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { type Child, startChild } from './child.ts';

/** The path of an ffmpeg that speaks Enhanced RTMP, if there is one. */
export const enhancedFfmpeg: string | undefined = process.env['GATECAST_FFMPEG_ENHANCED'];

/** The pictures that ffmpeg 7.1 puts into Enhanced RTMP, small and quick to make; with B-frames where the codec has them. */
export const ENHANCED_PICTURES = {
  HEVC: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=25:bframes=2'],
  AV1: ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-b:v', '200k', '-g', '25'],
  VP9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '200k', '-g', '25'],
} as const;

/**
 * The ffmpeg that speaks Enhanced RTMP. Where there is none the test is skipped, also if all has to be there: what
 * `.ci/enhanced-ffmpeg` needs, a mirror of Debian, is not everywhere.
 */
export function requiredEnhancedFfmpeg(context: TestContext): string {
  if (enhancedFfmpeg !== undefined) return enhancedFfmpeg;
  const reason =
    'no ffmpeg that speaks Enhanced RTMP: run .ci/enhanced-ffmpeg and set GATECAST_FFMPEG_ENHANCED';
  process.stderr.write(`skipped: "${context.task.name}": ${reason}\n`);
  return context.skip(reason);
}

/** Starts it with its errors and warnings alone on standard error. */
export function startEnhancedFfmpeg(...args: readonly string[]): Child {
  return startChild(enhancedFfmpeg ?? 'ffmpeg', ['-hide_banner', '-nostdin', '-v', 'warning', '-y', ...args]);
}

/** Runs it to its end and returns what it wrote; throws what it complained of. */
export function runEnhancedFfmpeg(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    enhancedFfmpeg ?? 'ffmpeg',
    ['-hide_banner', '-nostdin', '-v', 'warning', '-y', ...args],
    { encoding: 'utf8' },
  );
  if (status !== 0 || stderr !== '') throw new Error(`ffmpeg ended with ${status} and said: ${stderr}`);
  return stdout;
}

/** Makes a file of these pictures and AAC, with a keyframe each second. */
export function makeEnhancedFlv(file: string, name: keyof typeof ENHANCED_PICTURES, seconds: number): void {
  runEnhancedFfmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=25:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`],
    ...ENHANCED_PICTURES[name],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', file],
  );
}

/** The decoded pictures of a file or URL by their MD5, in the order of presentation. */
export function pictureHashes(file: string): string[] {
  return runEnhancedFfmpeg('-i', file, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}
