import { expect, test } from 'vitest';
import { NumberOffice, Numbers } from '../../src/cluster/client-ids.ts';

test('two workers never give out the same number, and none is 0', () => {
  const office = new NumberOffice();
  const given = new Set<number>();
  const workers = [1, 2].map(() => {
    const numbers: Numbers = new Numbers([office.block(), office.block()], () => numbers.add(office.block()));
    return numbers;
  });
  for (let client = 0; client < 200_000; client++) {
    for (const numbers of workers) given.add(numbers.next());
  }
  expect(given.size).toBe(400_000);
  expect(given.has(0)).toBe(false);
});

test('numbers stay below 2^31 and begin anew', () => {
  const office = new NumberOffice();
  const first = office.block();
  let last = office.block();
  for (let block = 2; block < 0x8000; block++) last = office.block();
  expect(last.first + last.count).toBe(2 ** 31);
  expect(office.block()).toEqual(first);
});

test('a worker asks for its next block one block ahead', () => {
  let wanted = 0;
  const numbers = new Numbers(
    [
      { first: 1, count: 2 },
      { first: 10, count: 2 },
    ],
    () => void wanted++,
  );
  expect([numbers.next(), numbers.next(), wanted, numbers.next()]).toEqual([1, 2, 1, 10]);
});
