import { expect, test } from 'vitest';
import { STATS_TIMEOUT_MS, serveStats, WorkersStats } from '../../src/cluster/ipc-stats.ts';
import type { RpcMessage } from '../../src/cluster/rpc.ts';
import type { ServerStats, StatsSource } from '../../src/model/stats.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/memory-server.ts';

const empty: ServerStats = { processes: [], streams: [], clients: [], matching: 1, frames: undefined };

const SOURCE: StatsSource = { collectStats: () => Promise.resolve(empty), kick: () => Promise.resolve(2) };

/** Workers who answer when the test says so. */
function open(...nodes: readonly string[]) {
  const clock = new FakeClock();
  const asked = new Map<string, RpcMessage>();
  const stats = new WorkersStats(clock);
  for (const node of nodes) stats.add(node, (message) => asked.set(node, structuredClone(message)));
  const answer = async (node: string, hasSource = true) => {
    const question = asked.get(node);
    const worker = serveStats(
      () => (hasSource ? SOURCE : undefined),
      (message) => stats.take(node, structuredClone(message)),
    );
    if (question) worker.take(question);
    await settled();
  };
  return { clock, stats, answer };
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
  clock.advance(STATS_TIMEOUT_MS);
  expect((await taken).matching).toBe(1);
  await answer('b');
  expect(clock.pending).toEqual([]);
});

test('a worker that ends is waited for no longer', async () => {
  const { stats, answer, clock } = open('a', 'b');
  const taken = stats.collectStats({});
  await answer('a');
  stats.remove('b');
  expect((await taken).matching).toBe(1);
  stats.remove('b');
  await answer('b');
  expect(clock.pending).toEqual([]);
});

test('a worker that is starting has no clients yet', async () => {
  const { stats, answer } = open('a', 'b');
  const taken = stats.collectStats({});
  await answer('a');
  await answer('b', false);
  expect((await taken).matching).toBe(1);
});

test('where there is no worker there is nobody', async () => {
  const { stats } = open();
  expect((await stats.collectStats({})).matching).toBe(0);
  expect(await stats.kick({ id: 'x' })).toBe(0);
});
