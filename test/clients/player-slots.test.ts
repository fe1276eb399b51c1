import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Seats } from '../../src/clients/player-slots.ts';
import { KEY } from '../support/live.ts';

const OTHER = { ...KEY, stream: 'other' };

test('there are as many places as the stream has, and as the player wants there to be', () => {
  const seats = new Seats();
  seats.limit(KEY, 2);
  const first = seats.take(KEY);
  expect(seats.take(KEY, 1)).toBe(1);
  expect(seats.full(KEY)).toBeUndefined();
  seats.take(KEY);
  expect(seats.full(KEY)).toBe(2);
  expect(seats.take(KEY)).toBe(2);
  expect(seats.take(OTHER)).toBeTypeOf('function');
  if (typeof first === 'function') first();
  expect(seats.take(KEY)).toBeTypeOf('function');
});

test('a bound that comes later makes nobody leave', () => {
  const seats = new Seats();
  seats.take(KEY);
  seats.take(KEY);
  seats.limit(KEY, 1);
  expect(seats.taken(KEY)).toBe(2);
  expect(seats.take(KEY)).toBe(1);
  seats.limit(KEY, Number.POSITIVE_INFINITY);
  expect(seats.take(KEY)).toBeTypeOf('function');
});

test('what is taken is what has not been given back, whoever gives it back how often', () => {
  const step = fc.record({ key: fc.constantFrom(KEY, OTHER), give: fc.option(fc.nat(20)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const emptied: string[] = [];
      const seats = new Seats(({ stream }) => emptied.push(stream));
      const taken: { readonly stream: string; readonly give: () => void }[] = [];
      const held = new Map<() => void, string>();
      let empties = 0;
      for (const { key, give } of steps) {
        const chosen = give === null ? undefined : taken[give % Math.max(1, taken.length)];
        if (chosen) {
          chosen.give();
          const alone = [...held.values()].filter((stream) => stream === chosen.stream).length === 1;
          if (held.delete(chosen.give) && alone) empties += 1;
        } else {
          const place = seats.take(key);
          if (typeof place === 'number') throw new Error('there is no bound');
          taken.push({ stream: key.stream, give: place });
          held.set(place, key.stream);
        }
        for (const stream of [KEY, OTHER]) {
          const expected = [...held.values()].filter((name) => name === stream.stream).length;
          expect(seats.taken(stream)).toBe(expected);
        }
      }
      expect(emptied).toHaveLength(empties);
    }),
  );
});
