import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  MAX_PACKET_BURST,
  MAX_PACKETS_PER_SECOND,
  MAX_PACKETS_PER_TURN,
  WorkBudget,
} from '../../src/rtmp/work-budget.ts';

/** Does `packets` at once, a turn's worth at a time; returns the milliseconds that had to be waited for all of them. */
function waitFor(budget: WorkBudget, packets: number, now: number): number {
  let waited = 0;
  for (let done = 0; done < packets; done++) {
    budget.spend(1);
    if (budget.turnIsOver) waited += budget.settle(now + waited);
  }
  return waited;
}

test('a turn is over after so many packets', () => {
  const budget = new WorkBudget(0);
  budget.spend(MAX_PACKETS_PER_TURN - 1);
  expect(budget.turnIsOver).toBe(false);
  budget.spend(1);
  expect(budget.turnIsOver).toBe(true);
  budget.settle(0);
  expect(budget.turnIsOver).toBe(false);
});

test.each([
  ['sixty frames and ninety-four packets of sound a second', 154],
  ['the same at ten times its speed, as after a network that stood still', 1540],
  ['eight tracks at five times their speed', 4000],
])('an encoder that sends %s never waits', (_what, packetsPerSecond) => {
  const budget = new WorkBudget(0);
  for (let second = 0; second < 3600; second++) {
    expect(waitFor(budget, packetsPerSecond, second * 1000)).toBe(0);
  }
});

test('a minute of a file that is sent at once goes through at once, an hour at the bounded rate', () => {
  expect(waitFor(new WorkBudget(0), 60 * 154, 0)).toBe(0);
  const packets = 3600 * 154;
  const fastest = ((packets - MAX_PACKET_BURST) * 1000) / MAX_PACKETS_PER_SECOND;
  expect(Math.abs(waitFor(new WorkBudget(0), packets, 0) - fastest)).toBeLessThan(100);
});

test('whoever waits as told has never done more than a burst, the rate and one turn', () => {
  const steps = fc.array(fc.tuple(fc.nat(3000), fc.nat(2000)), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (script) => {
      const budget = new WorkBudget(0);
      let now = 0;
      let done = 0;
      let biggest = 0;
      for (const [pauseMs, packets] of script) {
        now += pauseMs;
        budget.spend(packets);
        done += packets;
        biggest = Math.max(biggest, packets);
        if (budget.turnIsOver) now += budget.settle(now);
        const allowed = MAX_PACKET_BURST + (now * MAX_PACKETS_PER_SECOND) / 1000;
        expect(done).toBeLessThanOrEqual(allowed + biggest + MAX_PACKETS_PER_TURN);
      }
    }),
  );
});
