import { expect, test } from 'vitest';
import { Stamper } from '../../src/hooks/event.ts';
import { closingEvent } from './support.ts';

test('sequence numbers grow, though the clock stands or steps back', () => {
  let now = 0;
  const stamper = new Stamper(() => now);
  const stamps = [1000, 1000, 999, 1001].map((time) => {
    now = time;
    return stamper.stamp(closingEvent('on_close')).stamp;
  });
  expect(stamps.map(({ seq }) => seq)).toEqual([1_000_000, 1_000_001, 1_000_002, 1_001_000]);
  expect(stamps.map(({ at }) => at)).toEqual([1000, 1000, 999, 1001]);
  expect(new Set(stamps.map(({ id }) => id)).size).toBe(4);
});

test('numbers that were given out elsewhere are left behind, and an id that was given stays', () => {
  const stamper = new Stamper(() => 5);
  stamper.follow(7000);
  const { stamp } = stamper.stamp(closingEvent('on_close'), 'e-1');
  expect(stamp).toEqual({ id: 'e-1', at: 5, seq: 7001 });
});
