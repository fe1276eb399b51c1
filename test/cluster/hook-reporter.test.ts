import { expect, test } from 'vitest';
import {
  HookReporter,
  MAX_COUNTED_DELIVERIES,
  MAX_REPORTED_DELIVERIES,
} from '../../src/cluster/hook-reporter.ts';
import type { HookReport } from '../../src/model/delivery.ts';
import { handClock } from '../hooks/support.ts';
import { delivery } from '../support/deliveries.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function open() {
  const clock = handClock();
  const reports: HookReport[] = [];
  const sent: (() => void)[] = [];
  const reporter = new HookReporter(clock, (report, done) => {
    reports.push(report);
    sent.push(done);
  });
  return { clock, reporter, reports, sent };
}

test('what happens in one turn goes in one message', async () => {
  const { reporter, reports } = open();
  const [one, two] = [delivery(), delivery()];
  reporter.delivered(one);
  reporter.cached('on_play');
  reporter.delivered(two);
  reporter.cached('on_play');
  reporter.breaker('http://h', 'open');
  reporter.breaker('http://h', 'half_open');
  reporter.breaker('http://h', 'open', 'http://h/url');
  reporter.reachable('http://h', false);
  await turn();
  expect(reports).toEqual([
    {
      deliveries: [one, two],
      counted: [],
      breakers: [
        ['http://h', 'half_open'],
        ['http://h', 'open', 'http://h/url'],
      ],
      reachable: [['http://h', false]],
      cached: [['on_play', 2]],
    },
  ]);
});

test('the next message waits until there is room for it, and a moment more', async () => {
  const { clock, reporter, reports, sent } = open();
  reporter.delivered(delivery());
  await turn();
  reporter.delivered(delivery());
  await turn();
  expect(reports).toHaveLength(1);
  sent[0]?.();
  await turn();
  expect(reports).toHaveLength(1);
  clock.advance(50);
  expect(reports).toHaveLength(2);
});

test('of a flood it brings a part whole, a part for counting, and no more', async () => {
  const { reporter, reports } = open();
  const total = MAX_REPORTED_DELIVERIES + MAX_COUNTED_DELIVERIES + 5;
  const same = delivery();
  for (let count = 0; count < total; count++) reporter.delivered(same);
  await turn();
  expect(reports[0]?.deliveries).toHaveLength(MAX_REPORTED_DELIVERIES);
  expect(reports[0]?.counted).toHaveLength(MAX_COUNTED_DELIVERIES);
  expect(reports[0]?.counted[0]).toEqual({
    action: 'on_publish',
    origin: same.origin,
    url: same.url,
    outcome: 'allowed',
    timing: { totalMs: 4.5 },
  });
});

test('a worker that stops tells the rest at once', () => {
  const { reporter, reports } = open();
  reporter.flush();
  expect(reports).toEqual([]);
  reporter.delivered(delivery());
  reporter.flush();
  expect(reports).toHaveLength(1);
});
