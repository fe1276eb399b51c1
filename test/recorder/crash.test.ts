import { describe, expect, test, vi } from 'vitest';
import type { PersistedEvent } from '../../src/model/events.ts';
import { Life } from '../support/mortal-files.ts';
import { picture } from '../support/picture.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { openDvr, readRecording } from './support.ts';

vi.mock('node:fs/promises', async (original) => {
  const { mortal } = await import('../support/mortal-files.ts');
  return mortal(await original());
});

/** A server that records a publish from its beginning to its end, or until its life is over. */
async function record(directory: string, life: Life, owner: string) {
  const dvr = openDvr({ directory, owner });
  const survived = await life.live(async () => {
    const stream = await dvr.publish();
    stream.send(...picture.stream(30));
    stream.end();
    await dvr.settled();
  });
  return { ...dvr, survived };
}

/** A server that finishes what others have left, and records nothing. */
async function finish(directory: string, life = new Life(Number.POSITIVE_INFINITY), owner = 'next') {
  const dvr = openDvr({ directory, owner });
  const survived = await life.live(async () => {
    dvr.dvr.applyGate(dvr.gate);
    dvr.dvr.finishLeft((other) => other !== owner);
    await dvr.settled();
  });
  return { ...dvr, survived };
}

/** The files that events tell of, each event once. */
function toldOf(events: readonly PersistedEvent[]): (string | undefined)[] {
  const bodies = new Map(events.map((event) => [event.recording.id, JSON.stringify(event)]));
  for (const event of events) expect(JSON.stringify(event)).toBe(bodies.get(event.recording.id));
  return [...bodies.values()].map((body) => (JSON.parse(body) as PersistedEvent).recording.file);
}

describe('a server that is killed', () => {
  test('at any step of a recording leaves nothing that the next start does not finish or remove', async () => {
    const outcomes = new Set<string>();
    for (let steps = 0, survived = false; !survived; steps++) {
      const { path: directory } = stopped(temporaryDirectory());
      const dead = await record(directory, new Life(steps), 'run0');
      ({ survived } = dead);
      const next = await finish(directory);
      const files = next.files();
      const told = toldOf([...dead.gate.files, ...next.gate.files]);
      expect({ steps, journal: next.journal(), told, errors: next.log.lines.filter(isError) }).toEqual({
        steps,
        journal: [],
        told: files.map((file) => next.file(file)),
        errors: [],
      });
      for (const file of files) expect(readRecording(next.file(file)).tags.length).toBeGreaterThan(0);
      outcomes.add(files.join());
    }
    expect([...outcomes]).toEqual(['', 'cam.flv']);
  });

  test('at any step of finishing what another has left is followed by one who does it', async () => {
    const { path: left } = stopped(temporaryDirectory());
    const whole = new Life(Number.POSITIVE_INFINITY);
    await record(left, whole, 'run0');
    for (let steps = 0, survived = false; !survived; steps++) {
      const { path: directory } = stopped(temporaryDirectory());
      // It dies when the media is there and the last word is not.
      await record(directory, new Life(whole.changes - 5), 'run0');
      const dead = await finish(directory, new Life(steps), 'run1');
      ({ survived } = dead);
      const next = await finish(directory);
      expect({ steps, files: next.files(), journal: next.journal() }).toEqual({
        steps,
        files: ['cam.flv'],
        journal: [],
      });
      expect(toldOf([...dead.gate.files, ...next.gate.files])).toEqual([next.file('cam.flv')]);
    }
  });
});

const isError = ({ level }: { readonly level: string }) => level === 'error';
