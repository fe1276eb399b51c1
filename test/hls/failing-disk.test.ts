import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_WAITING_BYTES } from '../../src/hls/hls.ts';
import type { HlsOptions } from '../../src/model/options.ts';
import { toMediaPackets } from '../support/media-packets.ts';
import { picture } from '../support/picture.ts';
import type { RefusingDisk } from '../support/refusing-disk.ts';
import { segmented, urisOf } from '../support/segmented.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const disk = vi.hoisted<RefusingDisk>(() => ({ refuses: () => undefined }));

vi.mock('node:fs/promises', async (original) => {
  const { refusing } = await import('../support/refusing-disk.ts');
  return refusing(await original(), disk);
});

beforeEach(() => {
  disk.refuses = () => undefined;
});

/** Sound of so many seconds, which becomes as many segments. */
const sound = (seconds: number) =>
  toMediaPackets([
    picture.audioHeader(),
    ...Array.from({ length: seconds * 25 + 1 }, (_, i) => picture.sound(i * 40)),
  ]);

async function onDisk(options: Partial<HlsOptions> = {}) {
  const root = stopped(temporaryDirectory()).file('hls');
  const server = await segmented({
    ...{ storage: 'disk', path: root, fragmentMs: 1000, windowMs: 60_000, ...options },
  });
  return {
    ...server,
    /** What was logged of failures. */
    said: () => server.log.map(({ message, reason, failures }) => [message, reason ?? failures]),
    file: (name: string) => join(root, 'live', name),
    files: () => readdirSync(join(root, 'live')),
  };
}

/** Refuses the writes of these segments, by their order. */
function refuseSegments(code: string, ...which: readonly number[]): void {
  let count = 0;
  disk.refuses = (operation, path) =>
    operation === 'writeFile' && /\.(?:ts|m4s)\.tmp$/.test(path) && which.includes(count++)
      ? code
      : undefined;
}

/** The lines of a playlist without their numbers and times. */
const shapeOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => !/^#EXT(?:M3U|INF|-X-(?!DISCONTINUITY$|MAP))|^$|^#GATECAST/.test(line))
    .map((line) => line.replace(/-\d+\./, '.'));

describe('a segment that the disk does not take', () => {
  test.each([
    ['EMFILE', [2], 'refused'],
    ['ENOSPC', [2, 3, 4], 'the disk is full'],
  ])('(%s) is left out, and the stream goes on behind a discontinuity', async (code, which, reason) => {
    const server = await onDisk();
    refuseSegments(code, ...which);
    server.publish('cam', sound(8));
    const kept = 9 - which.length;
    const playlist = await server.playlist('cam', kept);
    await until('the playlist on the disk', () =>
      readFileSync(server.file('cam.m3u8'), 'utf8').includes(playlist.text('') ?? '-'),
    );
    const shape = Array.from({ length: kept }, () => 'cam.ts');
    shape.splice(2, 0, '#EXT-X-DISCONTINUITY');
    expect(shapeOf(playlist.text('') ?? '')).toEqual(shape);
    const numbers = server.events.map(({ segment }) => segment?.seqNo ?? 0);
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    expect(server.said()).toEqual([
      ['HLS segments of a stream are left out', expect.stringContaining(reason)],
      ['HLS segments of a stream are kept again', which.length],
    ]);
    expect(server.files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('takes with it nothing that later ones need first', async () => {
    const server = await onDisk({ format: 'fmp4' });
    let refused = 0;
    disk.refuses = (operation, path) =>
      operation === 'writeFile' && /-init-/.test(path) && refused++ < 2 ? 'EMFILE' : undefined;
    server.publish('cam', sound(5));
    const playlist = await server.playlist('cam', 4);
    expect(shapeOf(playlist.text('') ?? '')).toEqual([
      '#EXT-X-MAP:URI="cam-init.mp4"',
      ...['cam.m4s', 'cam.m4s', 'cam.m4s', 'cam.m4s'],
    ]);
  });

  test('because the disk is full of old ones makes them go, so that there is room again', async () => {
    const server = await onDisk({ windowMs: 3000 });
    const room = 6;
    disk.refuses = (operation, path) =>
      operation === 'writeFile' &&
      /\.ts\.tmp$/.test(path) &&
      server.files().filter((name) => name.endsWith('.ts')).length >= room
        ? 'ENOSPC'
        : undefined;
    server.publish('cam', sound(40));
    await server.playlist('cam', room + 5);
    expect(server.said()[1]?.[0]).toBe('HLS segments of a stream are kept again');
  });

  test('in time is left out, and no more is kept in memory than is allowed', async () => {
    const server = await onDisk({ format: 'fmp4' });
    let goOn: (_: undefined) => void = () => {};
    const held = new Promise<undefined>((resolve) => {
      goOn = resolve;
    });
    disk.refuses = (operation) => (operation === 'writeFile' ? held : undefined);
    const bytes = 4 * 1024 * 1024;
    const fitting = Math.ceil(MAX_WAITING_BYTES / bytes);
    const payload = Buffer.alloc(bytes + 2, picture.sound(0).payload.subarray(0, 2));
    const frames = Array.from({ length: fitting + 5 }, (_, i) => ({ type: 8, timestamp: i * 1000, payload }));
    server.publish('cam', toMediaPackets([picture.audioHeader(), ...frames]));
    expect(server.said()).toEqual([
      ['HLS segments of a stream are left out', expect.stringContaining('wait for the disk')],
    ]);
    goOn(undefined);
    await server.playlist('cam', fitting);
    server.publish('cam', sound(2));
    await server.playlist('cam', fitting + 3);
    expect(server.events).toHaveLength(fitting + 3);
    expect(server.said()[1]).toEqual(['HLS segments of a stream are kept again', 5]);
  });
});

test('a playlist that cannot be written is written with the next segment, and none is left out', async () => {
  const server = await onDisk();
  let count = 0;
  disk.refuses = (operation, path) =>
    operation === 'rename' && path.endsWith('.m3u8.tmp') && [2, 3].includes(count++) ? 'EMFILE' : undefined;
  server.publish('cam', sound(6));
  const playlist = await server.playlist('cam', 7);
  await until('the playlist on the disk', () =>
    readFileSync(server.file('cam.m3u8'), 'utf8').includes(playlist.text('') ?? '-'),
  );
  expect(urisOf(playlist.text('') ?? '')).toHaveLength(7);
  expect(playlist.text('')).not.toContain('#EXT-X-DISCONTINUITY\n');
  expect(server.said()).toEqual([
    ['the HLS playlist of a stream is not written', expect.stringContaining('EMFILE')],
    ['the HLS playlist of a stream is written again', 2],
  ]);
});

test('old files that cannot be removed are removed later, also by the next run', async () => {
  const server = await onDisk({ windowMs: 2000 });
  let refused = true;
  disk.refuses = (operation, path) =>
    refused && operation === 'rm' && path.endsWith('.ts') ? 'EACCES' : undefined;
  server.publish('cam', sound(10));
  await server.playlist('cam', 11);
  await until('the last word', () => server.said().length === 1);
  const all = server.files().filter((name) => name.endsWith('.ts'));
  expect(all).toHaveLength(11);
  const text = readFileSync(server.file('cam.m3u8'), 'utf8');
  for (const name of all) expect(text).toContain(name);
  refused = false;
  server.publish('cam', sound(10));
  await server.playlist('cam', 22);
  await until('the files to be gone', () => !server.files().some((name) => all.includes(name)));
  expect(server.said()).toEqual([
    ['old HLS files of a stream are not removed', expect.stringContaining('EACCES')],
    ['old HLS files of a stream are removed again', expect.any(Number)],
  ]);
});
