import { expect, test } from 'vitest';
import { WATCH_INTERVAL_MS, WATCH_MISSES, Watchdog } from '../../src/cluster/worker-pool.ts';
import { FakeClock } from '../support/fake-clock.ts';

function watch() {
  const clock = new FakeClock();
  const hung: string[] = [];
  return { clock, hung, dog: new Watchdog<string>(clock, (member) => hung.push(member)) };
}

const LONG_MS = WATCH_INTERVAL_MS * WATCH_MISSES;

test('a worker that falls silent hangs, and is told of once', () => {
  const { clock, hung, dog } = watch();
  dog.heard('a');
  clock.advance(LONG_MS - 1);
  expect(hung).toEqual([]);
  clock.advance(1);
  expect(hung).toEqual(['a']);
  clock.advance(10 * LONG_MS);
  expect(hung).toEqual(['a']);
});

test('one that goes on talking does not, beside one that has stopped', () => {
  const { clock, hung, dog } = watch();
  dog.heard('quiet');
  for (let second = 0; second < 120; second++) {
    dog.heard('talker');
    clock.advance(1000);
  }
  expect(hung).toEqual(['quiet']);
});

test('one that has ended is not missed', () => {
  const { clock, hung, dog } = watch();
  dog.heard('a');
  dog.forget('a');
  clock.advance(10 * LONG_MS);
  expect(hung).toEqual([]);
  expect(clock.pending).toEqual([]);
});

test('nobody is blamed for a time in which the watch itself stood still', () => {
  const { clock, hung, dog } = watch();
  dog.heard('a');
  clock.busy(10 * LONG_MS);
  clock.advance(0);
  expect(hung).toEqual([]);
  dog.heard('a');
  clock.advance(LONG_MS - WATCH_INTERVAL_MS);
  expect(hung).toEqual([]);
});
