import { expect, test } from 'vitest';
import { HookMetrics } from '../../src/observe/metrics.ts';
import { delivery } from '../support/deliveries.ts';

const EMPTY = { events: 0, oldestMs: 0, dropped: 0, givenUp: 0, onDisk: true };
const ORIGIN = 'http://127.0.0.1:8085';

/** Values by name and labels, as the text format has them. Throws on a line that has not its form. */
async function read(metrics: HookMetrics): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  const declared = new Set<string>();
  for (const line of (await metrics.text()).split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      declared.add(type[1] ?? '');
      continue;
    }
    const sample = /^(\w+?)(_bucket|_sum|_count)?(\{(?:\w+="[^"\n]*",?)*\})? ([\d.e+-]+)$/.exec(line);
    if (!sample) throw new Error(`not a sample: ${line}`);
    const [, name = '', suffix = '', labels = '', value] = sample;
    if (!declared.has(name) && !declared.has(name + suffix)) throw new Error(`without a type: ${line}`);
    values.set(`${name}${suffix}${labels}`, Number(value));
  }
  return values;
}

test('deliveries are counted by event, origin and outcome, and timed in seconds', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  metrics.delivered(delivery({ timing: { ...delivery().timing, totalMs: 30 } }));
  metrics.delivered(delivery({ outcome: 'refused' }));
  metrics.delivered(delivery());
  const values = await read(metrics);
  const labels = `event="on_publish",origin="${ORIGIN}"`;
  expect(values.get(`gatecast_hook_deliveries_total{${labels},outcome="allowed"}`)).toBe(2);
  expect(values.get(`gatecast_hook_deliveries_total{${labels},outcome="refused"}`)).toBe(1);
  expect(values.get(`gatecast_hook_duration_seconds_count{${labels}}`)).toBe(3);
  expect(values.get(`gatecast_hook_duration_seconds_bucket{le="0.025",${labels}}`)).toBe(2);
  expect(values.get(`gatecast_hook_duration_seconds_bucket{le="0.05",${labels}}`)).toBe(3);
});

test('what was not sent is counted and not timed', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  metrics.delivered(delivery({ outcome: 'skipped' }));
  const values = await read(metrics);
  expect([...values.keys()].filter((name) => name.startsWith('gatecast_hook'))).toEqual([
    `gatecast_hook_deliveries_total{event="on_publish",origin="${ORIGIN}",outcome="skipped"}`,
  ]);
});

test('the breaker shows the process that is worst off, until that has gone', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  const state = async () => (await read(metrics)).get(`gatecast_hook_breaker_state{origin="${ORIGIN}"}`);
  metrics.breaker(ORIGIN, 'open', 'one');
  metrics.breaker(ORIGIN, 'half_open', 'two');
  expect(await state()).toBe(2);
  metrics.gone('one');
  expect(await state()).toBe(1);
  metrics.breaker(ORIGIN, 'closed', 'two');
  expect(await state()).toBe(0);
});

test('an origin is out of reach while one of the processes cannot reach it', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  const reachable = async () => (await read(metrics)).get(`gatecast_hook_reachable{origin="${ORIGIN}"}`);
  metrics.configure(new Set([ORIGIN]));
  expect(await reachable()).toBe(1);
  metrics.reachable(ORIGIN, false, 'one');
  metrics.reachable(ORIGIN, false, 'two');
  metrics.reachable(ORIGIN, true, 'one');
  expect(await reachable()).toBe(0);
  metrics.gone('two');
  expect(await reachable()).toBe(1);
});

test('hits of the cache and what the outbox says', async () => {
  const metrics = new HookMetrics(() => ({
    events: 3,
    oldestMs: 1500,
    dropped: 4,
    givenUp: 5,
    onDisk: true,
  }));
  metrics.cached('on_play');
  metrics.cached('on_play', 6);
  for (const _time of [1, 2]) {
    const values = await read(metrics);
    expect(values.get('gatecast_hook_cache_hits_total{event="on_play"}')).toBe(7);
    expect(values.get('gatecast_outbox_events')).toBe(3);
    expect(values.get('gatecast_outbox_oldest_seconds')).toBe(1.5);
    expect(values.get('gatecast_outbox_dropped_total')).toBe(4);
    expect(values.get('gatecast_outbox_given_up_total')).toBe(5);
  }
});

test('an origin is there with a closed breaker as soon as it is configured, and keeps its state at a reload', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  const state = async () => (await read(metrics)).get(`gatecast_hook_breaker_state{origin="${ORIGIN}"}`);
  metrics.configure(new Set([ORIGIN]));
  expect(await state()).toBe(0);
  metrics.breaker(ORIGIN, 'open');
  metrics.configure(new Set([ORIGIN]));
  expect(await state()).toBe(2);
});

test('an origin that is not configured any more leaves nothing behind', async () => {
  const metrics = new HookMetrics(() => EMPTY);
  const other = 'http://other:1';
  for (const origin of [ORIGIN, other]) {
    metrics.delivered(delivery({ origin }));
    metrics.breaker(origin, 'open');
  }
  metrics.configure(new Set([other]));
  expect(await metrics.text()).not.toContain(ORIGIN);
  expect(await metrics.text()).toContain(other);
});
