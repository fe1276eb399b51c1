import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlayerSlots } from '../../src/clients/player-slots.ts';
import { KEY } from '../support/live.ts';

const OTHER = { ...KEY, stream: 'other' };

test('there are as many places as the stream has, and as the player wants there to be', () => {
  const slots = new PlayerSlots();
  slots.limit(KEY, 2);
  const first = slots.acquire(KEY);
  expect(slots.acquire(KEY, 1)).toBe(1);
  expect(slots.full(KEY)).toBeUndefined();
  slots.acquire(KEY);
  expect(slots.full(KEY)).toBe(2);
  expect(slots.acquire(KEY)).toBe(2);
  expect(slots.acquire(OTHER)).toBeTypeOf('function');
  if (typeof first === 'function') first();
  expect(slots.acquire(KEY)).toBeTypeOf('function');
});

test('a bound that comes later makes nobody leave', () => {
  const slots = new PlayerSlots();
  slots.acquire(KEY);
  slots.acquire(KEY);
  slots.limit(KEY, 1);
  expect(slots.taken(KEY)).toBe(2);
  expect(slots.acquire(KEY)).toBe(1);
  slots.limit(KEY, Number.POSITIVE_INFINITY);
  expect(slots.acquire(KEY)).toBeTypeOf('function');
});

test('what is taken is what has not been given back, whoever gives it back how often', () => {
  const step = fc.record({ key: fc.constantFrom(KEY, OTHER), give: fc.option(fc.nat(20)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const emptied: string[] = [];
      const slots = new PlayerSlots(({ stream }) => emptied.push(stream));
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
          const place = slots.acquire(key);
          if (typeof place === 'number') throw new Error('there is no bound');
          taken.push({ stream: key.stream, give: place });
          held.set(place, key.stream);
        }
        for (const stream of [KEY, OTHER]) {
          const expected = [...held.values()].filter((name) => name === stream.stream).length;
          expect(slots.taken(stream)).toBe(expected);
        }
      }
      expect(emptied).toHaveLength(empties);
    }),
  );
});
