import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StoredSequences } from '../../src/hls/stored-sequences.ts';
import type { Logger } from '../../src/model/logger.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { toMediaPackets } from '../support/media-packets.ts';
import { picture } from '../support/picture.ts';
import { segmented, urisOf } from '../support/segmented.ts';
import { Sequences } from '../support/sequences.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const NOON = Date.UTC(2026, 11, 1, 12);
const HOUR_MS = 3_600_000;
const CAM = { vhost: 'v', app: 'live', stream: 'cam' };
const OTHER = { ...CAM, stream: 'other' };

/** A machine on which a server is started again and again; `unixMs` is what its clock says. */
function machine(stateDir = stopped(temporaryDirectory()).path) {
  const warnings: unknown[] = [];
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => void warnings.push(fields),
    error: () => undefined,
    child: () => log,
  };
  const file = `${stateDir}/hls-sequences.json`;
  return {
    file,
    warnings,
    start(unixMs: number) {
      const clock = new FakeClock();
      const sequences = new StoredSequences({ stateDir, clock, log, now: () => unixMs });
      return {
        clock,
        next: (key = CAM, mediaSequence = 0) => sequences.next(key, mediaSequence),
        flush: () => sequences.flush(),
        /** Waits until what was given out is on the disk, and dies. */
        kill: (discontinuitySequence: number) =>
          until(
            'the file',
            () => existsSync(file) && saved(file).discontinuitySequence === discontinuitySequence,
          ),
      };
    },
  };
}

const saved = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as { discontinuitySequence: number };

describe('the numbers of a playlist', () => {
  test('grow with each discontinuity of its stream, and not with those of others', async () => {
    const run = machine().start(NOON);
    const { discontinuitySequence: first } = await run.next();
    await run.next(OTHER);
    await run.next(OTHER);
    expect((await run.next()).discontinuitySequence).toBe(first + 1);
  });

  test('are in the file when the server has stopped, and no file is touched after that', async () => {
    const server = machine();
    const run = server.start(NOON);
    await run.next();
    const { discontinuitySequence } = await run.next();
    await run.flush();
    expect(saved(server.file).discontinuitySequence).toBe(discontinuitySequence);
    expect(readdirSync(dirname(server.file))).toEqual(['hls-sequences.json']);
  });

  test('are higher after each of three starts within a second', async () => {
    const server = machine();
    let before = { discontinuitySequence: 0, mediaSequence: 0 };
    for (let start = 0; start < 3; start++) {
      const run = server.start(NOON + start);
      await run.next();
      const numbers = await run.next();
      expect(numbers.discontinuitySequence).toBeGreaterThan(before.discontinuitySequence);
      expect(numbers.mediaSequence).toBeGreaterThanOrEqual(before.mediaSequence);
      before = numbers;
      await run.kill(numbers.discontinuitySequence);
    }
  });

  test('are higher where the state directory is lost, ten minutes later', async () => {
    const before = await machine().start(NOON).next();
    const after = await machine()
      .start(NOON + 600_000)
      .next();
    expect(after.discontinuitySequence).toBeGreaterThan(before.discontinuitySequence);
    expect(after.mediaSequence).toBeGreaterThan(before.mediaSequence);
  });

  test('are higher when the clock was set back meanwhile', async () => {
    const server = machine();
    const run = server.start(NOON);
    const before = await run.next();
    await run.kill(before.discontinuitySequence);
    const after = await server.start(NOON - 24 * HOUR_MS).next();
    expect(after.discontinuitySequence).toBeGreaterThan(before.discontinuitySequence);
    expect(after.mediaSequence).toBeGreaterThanOrEqual(before.mediaSequence);
  });

  test('go on with time, and never behind what the playlist has', async () => {
    const run = machine().start(NOON);
    const { mediaSequence } = await run.next();
    expect(mediaSequence).toBe(NOON / 1000);
    run.clock.advance(5000);
    expect((await run.next()).mediaSequence).toBe(mediaSequence + 5);
    expect((await run.next(CAM, mediaSequence + 90)).mediaSequence).toBe(mediaSequence + 90);
  });

  test('stay small enough for hls.js, which takes time for each of them', async () => {
    const { discontinuitySequence } = await machine()
      .start(Date.UTC(2036, 0, 1))
      .next();
    expect(discontinuitySequence).toBeLessThan(1_000_000);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"discontinuitySequence":"x","mediaSequence":1e300}',
    '{"discontinuitySequence":-5}',
  ])('begin with the clock where the file says %j', async (text) => {
    const server = machine();
    const expected = await machine().start(NOON).next();
    writeFileSync(server.file, text);
    expect(await server.start(NOON).next()).toEqual(expected);
  });

  test('are given out where nothing can be written, with one line in the log', async () => {
    const directory = stopped(temporaryDirectory());
    writeFileSync(directory.file('file'), '');
    const server = machine(directory.file('file'));
    const run = server.start(NOON);
    const { discontinuitySequence } = await run.next();
    await until('a warning', () => server.warnings.length > 0);
    expect((await run.next()).discontinuitySequence).toBe(discontinuitySequence + 1);
    await run.next();
    expect(server.warnings).toMatchObject([{ file: server.file }]);
  });
});

describe('a playlist', () => {
  const sound = (seconds: number) =>
    toMediaPackets([
      picture.audioHeader(),
      ...Array.from({ length: seconds * 25 + 1 }, (_, i) => picture.sound(i * 40)),
    ]);
  const tag = (text: string, name: string) => Number(new RegExp(`#EXT-X-${name}:(\\d+)`).exec(text)?.[1]);

  test.each(['memory', 'disk'] as const)('in %s begins above that of the run before', async (storage) => {
    const { path } = stopped(temporaryDirectory());
    const server = machine();
    let before = { discontinuity: 0, media: 0 };
    for (let start = 0; start < 3; start++) {
      const numbers = server.start(NOON + start * 7000);
      const run = await segmented({ storage, path }, 'a', numbers);
      run.publish('cam', sound(4));
      run.publish('cam', sound(2));
      const text = (await run.playlist('cam', 4)).text('') ?? '';
      const after = {
        discontinuity: tag(text, 'DISCONTINUITY-SEQUENCE'),
        media: tag(text, 'MEDIA-SEQUENCE'),
      };
      expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
      // The one that the playlist has in its middle counts, too.
      expect(after.discontinuity).toBeGreaterThan(before.discontinuity + (start > 0 ? 1 : 0));
      expect(after.media).toBeGreaterThan(before.media);
      before = after;
      await run.hls.close();
      await numbers.kill(after.discontinuity + 1);
    }
  });

  test('begins anew when its stream was in another process meanwhile', async () => {
    const sequences = new Sequences();
    const here = await segmented({ windowMs: 60_000 }, 'a', sequences);
    const there = await segmented({ windowMs: 60_000 }, 'a', sequences);
    here.publish('cam', sound(4));
    await here.playlist('cam', 2);
    there.publish('cam', sound(4));
    const elsewhere = (await there.playlist('cam', 2)).text('') ?? '';
    expect(tag(elsewhere, 'DISCONTINUITY-SEQUENCE')).toBe(101);
    sequences.mediaSequence = 1030;
    here.publish('cam', sound(4));
    const back = await here.playlist('cam', 5);
    const text = back.text('') ?? '';
    expect([tag(text, 'DISCONTINUITY-SEQUENCE'), tag(text, 'MEDIA-SEQUENCE')]).toEqual([102, 1030]);
    expect(text).not.toContain('#EXT-X-DISCONTINUITY\n');
    for (const uri of [...urisOf(text), 'cam-1000.ts']) expect(back.fileAt(`live/${uri}`), uri).toBeDefined();
  });
});
