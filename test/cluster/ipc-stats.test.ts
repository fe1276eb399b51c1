import { expect, test } from 'vitest';
import {
  type Askable,
  answerStatsRequest,
  CENSUS_TIMEOUT_MS,
  type StatsRequest,
  WorkersStats,
} from '../../src/cluster/ipc-stats.ts';
import type { ServerStats, StatsSource } from '../../src/model/stats.ts';
import { FakeClock } from '../support/fake-clock.ts';

const empty: ServerStats = { processes: [], streams: [], clients: [], matching: 1, frames: undefined };

/** Workers who answer when the test says so. */
function open(...nodes: readonly string[]) {
  const clock = new FakeClock();
  const asked = new Map<string, StatsRequest>();
  const workers: Askable[] = nodes.map((node) => ({ node, ask: (request) => asked.set(node, request) }));
  const stats = new WorkersStats(clock, () => workers);
  const statsSource: StatsSource = {
    collectStats: () => Promise.resolve(empty),
    kick: () => Promise.resolve(2),
  };
  const answer = async (node: string) => {
    const request = asked.get(node);
    if (request) stats.hear(node, await answerStatsRequest(statsSource, request));
  };
  return { clock, stats, asked, answer };
}

test('all workers are asked, and their answers are one', async () => {
  const { stats, answer } = open('a', 'b');
  const taken = stats.collectStats({});
  await answer('b');
  await answer('a');
  expect((await taken).matching).toBe(2);
  const kicked = stats.kick({ ip: '192.0.2.1' });
  await answer('a');
  await answer('b');
  expect(await kicked).toBe(4);
});

test('a worker that does not answer is left out, and what it says later is nobody’s', async () => {
  const { stats, answer, clock } = open('a', 'b');
  const taken = stats.collectStats({});
  await answer('a');
  clock.advance(CENSUS_TIMEOUT_MS);
  expect((await taken).matching).toBe(1);
  await answer('b');
});

test('a worker that ends is waited for no longer', async () => {
  const { stats, answer } = open('a', 'b');
  const taken = stats.collectStats({});
  await answer('a');
  stats.gone('b');
  expect((await taken).matching).toBe(1);
  stats.gone('b');
});

test('where there is no worker there is nobody', async () => {
  const { stats } = open();
  expect((await stats.collectStats({})).matching).toBe(0);
  expect(await stats.kick({ id: 'x' })).toBe(0);
});
