import { expect, test } from 'vitest';
import { RateMeter, SAMPLE_MS } from '../../src/stats/meters.ts';

/** One that has been here since the clock's 0 and gets `bytesPerMs`. */
const at = (now: number, bytesPerMs: number) => ({
  name: 'a',
  ageMs: now,
  recvBytes: now * bytesPerMs,
  sendBytes: 0,
});

test('a steady rate is what it is, from the first second on', () => {
  const meter = new RateMeter();
  for (let now = 0; now <= 100_000; now += SAMPLE_MS) {
    if (now >= 1000) expect(meter.rates(now, at(now, 2))).toEqual({ recvKbps: 16, sendKbps: 0 });
    meter.sample(now, [at(now, 2)]);
  }
});

test('what was longer than 30 seconds ago counts no more', () => {
  const meter = new RateMeter();
  const silentSince = (now: number) => ({ name: 'a', ageMs: now, recvBytes: 50_000, sendBytes: 0 });
  for (let now = 0; now <= 60_000; now += SAMPLE_MS) meter.sample(now, [silentSince(now)]);
  expect(meter.rates(60_000, silentSince(60_000)).recvKbps).toBe(0);
});

test('what somebody is given at once when he comes is spread over a second', () => {
  const meter = new RateMeter();
  expect(meter.rates(10, { name: 'new', ageMs: 10, recvBytes: 0, sendBytes: 1_000_000 }).sendKbps).toBe(8000);
});

test('who has gone is forgotten', () => {
  const meter = new RateMeter();
  meter.sample(5000, [at(5000, 2)]);
  meter.sample(10_000, []);
  const again = { name: 'a', ageMs: 1000, recvBytes: 1000, sendBytes: 0 };
  expect(meter.rates(15_000, again).recvKbps).toBe(8);
});
