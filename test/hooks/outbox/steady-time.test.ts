import { expect, test } from 'vitest';
import { SteadyTime, type Uptime } from '../../../src/hooks/outbox/steady-time.ts';
import { handClock } from '../support.ts';

/** The time of an outbox in a run that begins at this moment of the machine. */
function timeAt(uptime: Uptime | undefined) {
  const clock = handClock();
  const time = new SteadyTime(clock, () => uptime && { ...uptime, ms: uptime.ms + clock.now() });
  return { time, clock };
}

test('begins at nought and goes on as time does', () => {
  const { time, clock } = timeAt({ boot: 'a', ms: 5000 });
  expect(time.now()).toBe(0);
  clock.advance(250);
  expect(time.now()).toBe(250);
});

test('counts the time between two runs of one boot', () => {
  const first = timeAt({ boot: 'a', ms: 5000 });
  first.clock.advance(100);
  const second = timeAt({ boot: 'a', ms: 9000 });
  second.time.resume(first.time.moment());
  expect(second.time.now()).toBe(4000);
  second.clock.advance(1);
  expect(second.time.now()).toBe(4001);
});

test.each([
  {
    name: 'the machine was started again',
    before: { boot: 'a', ms: 5000 },
    after: { boot: 'b', ms: 900_000 },
  },
  { name: 'nobody knows since when it has been up', before: undefined, after: undefined },
  {
    name: 'the machine is said to be younger',
    before: { boot: 'a', ms: 5000 },
    after: { boot: 'a', ms: 10 },
  },
])('goes on where it was if $name', ({ before, after }) => {
  const first = timeAt(before);
  first.clock.advance(100);
  const second = timeAt(after);
  second.time.resume(first.time.moment());
  expect(second.time.now()).toBe(100);
});
