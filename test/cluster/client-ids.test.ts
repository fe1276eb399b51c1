import { expect, test } from 'vitest';
import { ClientIdAllocator, ClientIds } from '../../src/cluster/client-ids.ts';

test('two workers never give out the same number, and none is 0', () => {
  const statsSource = new ClientIdAllocator();
  const given = new Set<number>();
  const workers = [1, 2].map(() => {
    const numbers: ClientIds = new ClientIds([statsSource.block(), statsSource.block()], () =>
      numbers.add(statsSource.block()),
    );
    return numbers;
  });
  for (let client = 0; client < 200_000; client++) {
    for (const numbers of workers) given.add(numbers.next());
  }
  expect(given.size).toBe(400_000);
  expect(given.has(0)).toBe(false);
});

test('numbers stay below 2^31 and begin anew', () => {
  const statsSource = new ClientIdAllocator();
  const first = statsSource.block();
  let last = statsSource.block();
  for (let block = 2; block < 0x8000; block++) last = statsSource.block();
  expect(last.first + last.count).toBe(2 ** 31);
  expect(statsSource.block()).toEqual(first);
});

test('a worker asks for its next block one block ahead', () => {
  let wanted = 0;
  const numbers = new ClientIds(
    [
      { first: 1, count: 2 },
      { first: 10, count: 2 },
    ],
    () => void wanted++,
  );
  expect([numbers.next(), numbers.next(), wanted, numbers.next()]).toEqual([1, 2, 1, 10]);
});
