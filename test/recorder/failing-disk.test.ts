import { rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { picture } from '../support/picture.ts';
import type { RefusingDisk } from '../support/refusing-disk.ts';
import { openDvr, readRecording } from './support.ts';

const disk = vi.hoisted<RefusingDisk>(() => ({ refuses: () => undefined }));

vi.mock('node:fs/promises', async (original) => {
  const { refusing } = await import('../support/refusing-disk.ts');
  return refusing(await original(), disk);
});

beforeEach(() => {
  disk.refuses = () => undefined;
});

/** A keyframe with what follows it, at a time of the stream. */
const gop = (at: number) => [picture.keyframe(at), picture.sound(at), picture.frame(at + 40)];

describe.each(['session', 'segment'] as const)(
  'a recording by plan %s that the disk takes no more of',
  (plan) => {
    test('begins another file at the first keyframe behind a pause, and tells of both', async () => {
      const { publish, settled, clock, gate, log, file, files } = openDvr();
      const stream = await publish({ plan, durationMs: 3_600_000 });
      // What waits is written half a second after the write before it.
      const write = async () => {
        await expect.poll(() => clock.pending).toContain(500);
        clock.advance(500);
      };
      stream.send(picture.videoHeader(), picture.audioHeader(), ...gop(0));
      await write();
      await expect.poll(() => readRecordingOf(file('cam.flv.tmp'))).toBe(5);
      disk.refuses = (operation) => (operation === 'writev' ? 'ENOSPC' : undefined);
      stream.send(...gop(1000));
      await write();
      await expect.poll(() => log.lines.filter(({ level }) => level === 'error').length).toBe(1);
      disk.refuses = () => undefined;
      stream.send(...gop(2000));
      clock.advance(9_999);
      stream.send(...gop(3000));
      clock.advance(1);
      stream.send(picture.frame(4000), ...gop(5000));
      stream.end();
      await settled();
      expect(files()).toEqual(['cam.2.flv', 'cam.flv']);
      expect(gate.files.map(({ recording }) => recording.reason)).toEqual(['disk_full', 'unpublish']);
      expect(readRecording(file('cam.2.flv')).tags.map(({ type, timestamp }) => [type, timestamp])).toEqual([
        [9, 0],
        [8, 0],
        [9, 0],
        [8, 0],
        [9, 40],
      ]);
    });
  },
);

test('a disk that takes nothing for long is tried less and less often, with one line for all of it', async () => {
  const { publish, settled, clock, gate, log, file, files } = openDvr();
  writeFileSync(file('in'), 'no directory');
  const stream = await publish({ paths: ['in/[stream].flv'] });
  stream.send(picture.videoHeader());
  const tries = () => log.lines.filter(({ message }) => message === 'recording stopped, stream continues');
  const pauses: unknown[] = [];
  for (let attempt = 1, at = 0; attempt <= 8; attempt++) {
    stream.send(...gop(at));
    await expect.poll(() => tries().length).toBe(attempt);
    const pauseMs = Number(tries().at(-1)?.fields['nextTryMs']);
    pauses.push(pauseMs / 1000);
    clock.advance(pauseMs - 1);
    stream.send(...gop(at + 1000));
    clock.advance(1);
    at += 2000;
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  expect(tries().map(({ level }) => level)).toEqual(['error', ...Array(7).fill('debug')]);
  rmSync(file('in'));
  stream.send(...gop(20_000));
  stream.end();
  await settled();
  expect(files()).toEqual(['in/cam.flv']);
  expect(gate.files).toHaveLength(1);
});

describe('a file that is whole and cannot be finished', () => {
  async function unfinished() {
    const dvr = openDvr();
    const stream = await dvr.publish();
    stream.send(...picture.stream(30));
    await expect.poll(() => dvr.log.lines.length).toBe(1);
    disk.refuses = (operation, path) =>
      operation === 'open' && path.endsWith('.json') ? 'EMFILE' : undefined;
    stream.end();
    await expect.poll(() => dvr.log.lines.at(-1)?.message).toBe('recording not finalized, will retry');
    expect([dvr.gate.files, dvr.files()]).toEqual([[], ['cam.flv.tmp']]);
    return dvr;
  }

  test('is finished after a pause, and told of as what it is', async () => {
    const { clock, gate, files, journal, log } = await unfinished();
    clock.advance(10_000);
    await expect.poll(() => clock.pending).toContain(20_000);
    disk.refuses = () => undefined;
    clock.advance(20_000);
    await expect.poll(() => gate.files.map(({ recording }) => recording.reason)).toEqual(['unpublish']);
    await expect.poll(() => journal()).toEqual([]);
    expect(files()).toEqual(['cam.flv']);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('is tried once more when the server stops', async () => {
    const { settled, gate, files } = await unfinished();
    disk.refuses = () => undefined;
    await settled();
    expect(gate.files).toHaveLength(1);
    expect(files()).toEqual(['cam.flv']);
  });
});

/** Tags of a file that is being written, but for its head; 0 if there is none yet. */
function readRecordingOf(file: string): number {
  try {
    return readRecording(file).tags.length;
  } catch {
    return 0;
  }
}
