import { expect, test } from 'vitest';
import { SharedStats } from '../../src/api/api-server.ts';
import type { ServerStats } from '../../src/model/stats.ts';
import { until } from '../support/until.ts';

const STATS: ServerStats = { processes: [], streams: [], clients: [], matching: 0, frames: undefined };

/** An office that counts how often it is asked. */
function open(answer: () => Promise<ServerStats> = () => Promise.resolve(STATS)) {
  const asked: unknown[] = [];
  const shared = new SharedStats({
    collectStats(question) {
      asked.push(question);
      return answer();
    },
    kick: () => Promise.resolve(3),
  });
  return { shared, asked };
}

test('many who ask the same at the same time cost as much as one', async () => {
  const { shared, asked } = open();
  await Promise.all(Array.from({ length: 20 }, () => shared.collectStats({})));
  expect(asked).toHaveLength(1);
});

test('another question is another one', async () => {
  const { shared, asked } = open();
  await Promise.all([shared.collectStats({}), shared.collectStats({ clients: { start: 0, count: 1 } })]);
  expect(asked).toHaveLength(2);
});

test('an answer grows old, a failure at once', async () => {
  const { shared, asked } = open();
  await until('a second look', async () => {
    await shared.collectStats({});
    return asked.length === 2;
  });
  const failing = open(() => Promise.reject(new Error('no')));
  await expect(failing.shared.collectStats({})).rejects.toThrow('no');
  await expect(failing.shared.collectStats({})).rejects.toThrow('no');
  expect(failing.asked).toHaveLength(2);
});

test('after a kick everything is looked at anew', async () => {
  const { shared, asked } = open();
  await shared.collectStats({});
  expect(await shared.kick({ id: 'a' })).toBe(3);
  await shared.collectStats({});
  expect(asked).toHaveLength(2);
});
