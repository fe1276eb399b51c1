import { expect, test } from 'vitest';
import { HookHealth } from '../../src/hooks/health.ts';
import { delivery } from '../support/deliveries.ts';
import { NO_HOOKS } from '../support/options.ts';

const URLS = { on_publish: ['http://b:1/hook?key=k'], on_play: ['http://b:1/hook?key=k', 'http://c:2/'] };
const hooks = { ...NO_HOOKS, enabled: true, urls: URLS };
const shown = 'http://b:1/hook?key=***';

function open() {
  const health = new HookHealth();
  health.configure([hooks]);
  const of = (url: string) => health.report().find((one) => one.url === url);
  return { health, of };
}

const took = (totalMs: number) => ({ ...delivery().timing, totalMs });

test('each configured URL is there from the start, with the events that it is for', () => {
  const { health } = open();
  expect(health.report().map(({ url, events, breaker }) => ({ url, events, breaker }))).toEqual([
    { url: shown, events: ['on_publish', 'on_play'], breaker: 'closed' },
    { url: 'http://c:2/', events: ['on_play'], breaker: 'closed' },
  ]);
});

test('deliveries are counted by what came of them, and timed unless they were not sent', () => {
  const { health, of } = open();
  for (const totalMs of [0.5, 3, 3, 20_000])
    health.delivered(delivery({ url: shown, timing: took(totalMs) }));
  health.delivered(delivery({ url: shown, outcome: 'skipped' }));
  expect(of(shown)?.outcomes).toEqual({ allowed: 4, refused: 0, failed: 0, skipped: 1 });
  const buckets = of(shown)?.latency.buckets.filter(({ count }) => count > 0);
  expect(buckets).toEqual([
    { le: 1, count: 1 },
    { le: 5, count: 2 },
    { le: null, count: 1 },
  ]);
  expect(of(shown)?.latency.p50Ms).toBe(3.75);
  expect(of(shown)?.latency.p99Ms).toBe(10_000);
  expect(of('http://c:2/')?.latency).toMatchObject({ p50Ms: 0, p99Ms: 0 });
});

test('what is not configured is not counted', () => {
  const { health } = open();
  health.delivered(delivery({ url: 'http://elsewhere/' }));
  expect(health.report()).toHaveLength(2);
});

test('a URL that stays keeps its score, one that goes is forgotten, and one of hooks that are off is not there', () => {
  const { health, of } = open();
  health.delivered(delivery({ url: shown }));
  health.configure([
    { ...hooks, urls: { on_publish: URLS.on_publish } },
    { ...hooks, enabled: false },
  ]);
  expect(of(shown)).toMatchObject({ events: ['on_publish'], outcomes: { allowed: 1 } });
  expect(health.report()).toHaveLength(1);
});

test('of several processes the breaker that is worst off counts', () => {
  const { health, of } = open();
  health.breaker(shown, 'half_open', 'one');
  health.breaker(shown, 'open', 'two');
  expect(of(shown)?.breaker).toBe('open');
  health.gone('two');
  expect(of(shown)?.breaker).toBe('half_open');
  health.configure([{ ...hooks, urls: { on_play: ['http://c:2/'] } }]);
  health.configure([hooks]);
  expect(of(shown)?.breaker).toBe('closed');
});

test('a URL has a breaker of its own beside that of its origin', () => {
  const { health, of } = open();
  health.breaker(shown, 'open');
  expect(of(shown)).toMatchObject({ breaker: 'open', originBreaker: 'closed' });
  health.breaker('http://c:2', 'open');
  expect(of('http://c:2/')).toMatchObject({ breaker: 'closed', originBreaker: 'open' });
});

test('an origin is out of reach while one of the processes cannot reach it', () => {
  const { health, of } = open();
  for (const process of ['one', 'two', 'three']) health.reachable('http://b:1', false, process);
  health.reachable('http://b:1', true, 'one');
  health.gone('two');
  expect(of(shown)?.reachable).toBe(false);
  health.reachable('http://b:1', true, 'three');
  expect(of(shown)?.reachable).toBe(true);
  expect(of('http://c:2/')?.reachable).toBe(true);
});
