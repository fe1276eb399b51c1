import { expect, test } from 'vitest';
import { backoffMs, Deadline } from '../../src/model/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

const never = new Promise<void>(() => undefined);

test('several things wait for one deadline together, not for one each', async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 10_000);
  clock.advance(4_000);
  expect(deadline.leftMs).toBe(6_000);
  const first = deadline.bound(never);
  expect(await deadline.bound(Promise.resolve('done'))).toBe(true);
  clock.advance(6_000);
  expect(await first).toBe(false);
  expect(deadline.leftMs).toBe(0);
  const late = deadline.bound(never);
  clock.advance(0);
  expect(await late).toBe(false);
});

test('what fails in time is told, and what fails later is nobody\u2019s business', async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  await expect(deadline.bound(Promise.reject(new Error('no')))).rejects.toThrow('no');
  let fail = () => {};
  const slow = new Promise<void>((_resolve, reject) => {
    fail = () => reject(new Error('too late'));
  });
  const waited = deadline.bound(slow);
  clock.advance(1_000);
  expect(await waited).toBe(false);
  fail();
});

test('no timer is left behind', async () => {
  const clock = new FakeClock();
  await new Deadline(clock, 1_000).bound(Promise.resolve());
  expect(clock.pending).toEqual([]);
});

test('pauses double up to a bound, and lie between half of it and all', () => {
  const longest = (attempts: number) => backoffMs(attempts, 1000, 60_000, () => 1);
  const shortest = (attempts: number) => backoffMs(attempts, 1000, 60_000, () => 0);
  expect([1, 2, 3, 6, 7, 1000].map(longest)).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
  expect([1, 7].map(shortest)).toEqual([500, 30_000]);
});
