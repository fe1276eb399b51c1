import { expect, test } from 'vitest';
import {
  type Askable,
  answerCensus,
  CENSUS_TIMEOUT_MS,
  type CensusRequest,
  WorkersCensus,
} from '../../src/cluster/ipc-stats.ts';
import type { Census, CensusOffice } from '../../src/model/stats.ts';
import { FakeClock } from '../support/fake-clock.ts';

const empty: Census = { processes: [], streams: [], clients: [], matching: 1, frames: undefined };

/** Workers who answer when the test says so. */
function open(...nodes: readonly string[]) {
  const clock = new FakeClock();
  const asked = new Map<string, CensusRequest>();
  const workers: Askable[] = nodes.map((node) => ({ node, ask: (request) => asked.set(node, request) }));
  const census = new WorkersCensus(clock, () => workers);
  const office: CensusOffice = { take: () => Promise.resolve(empty), kick: () => Promise.resolve(2) };
  const answer = async (node: string) => {
    const request = asked.get(node);
    if (request) census.hear(node, await answerCensus(office, request));
  };
  return { clock, census, asked, answer };
}

test('all workers are asked, and their answers are one', async () => {
  const { census, answer } = open('a', 'b');
  const taken = census.take({});
  await answer('b');
  await answer('a');
  expect((await taken).matching).toBe(2);
  const kicked = census.kick({ ip: '192.0.2.1' });
  await answer('a');
  await answer('b');
  expect(await kicked).toBe(4);
});

test('a worker that does not answer is left out, and what it says later is nobody’s', async () => {
  const { census, answer, clock } = open('a', 'b');
  const taken = census.take({});
  await answer('a');
  clock.advance(CENSUS_TIMEOUT_MS);
  expect((await taken).matching).toBe(1);
  await answer('b');
});

test('a worker that ends is waited for no longer', async () => {
  const { census, answer } = open('a', 'b');
  const taken = census.take({});
  await answer('a');
  census.gone('b');
  expect((await taken).matching).toBe(1);
  census.gone('b');
});

test('where there is no worker there is nobody', async () => {
  const { census } = open();
  expect((await census.take({})).matching).toBe(0);
  expect(await census.kick({ id: 'x' })).toBe(0);
});
