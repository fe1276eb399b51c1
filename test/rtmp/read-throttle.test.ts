import { describe, expect, test } from 'vitest';
import { ReadThrottle } from '../../src/rtmp/read-throttle.ts';

describe('a socket that nobody waits for', () => {
  test('is not left alone before anything is known of its publisher', () => {
    const pace = new ReadThrottle(0);
    pace.took(1000, 249);
    expect(pace.restMs(350)).toBe(0);
  });

  test('rests for as long as it may when little comes', () => {
    const pace = new ReadThrottle(0);
    pace.took(25_000, 250);
    expect(pace.restMs(250)).toBe(250);
  });

  test('rests no longer than 48 KiB take to come', () => {
    const pace = new ReadThrottle(0);
    for (const at of [80, 160, 250]) pace.took(40_960, at);
    expect(pace.restMs(350)).toBe(100);
  });

  test('is not left alone when more may be waiting in it', () => {
    const pace = new ReadThrottle(0);
    pace.took(25_000, 250);
    pace.took(65_536, 260);
    expect(pace.restMs(350)).toBe(0);
    pace.took(10_000, 261);
    expect(pace.restMs(350)).toBeGreaterThan(0);
  });

  test('is not left alone for less than is worth it', () => {
    const pace = new ReadThrottle(0);
    pace.took(25_000, 250);
    expect([pace.restMs(0), pace.restMs(9), pace.restMs(10)]).toEqual([0, 0, 10]);
    pace.took(2_500_000, 500);
    expect(pace.restMs(350)).toBe(0);
  });

  test('goes by what came last', () => {
    const pace = new ReadThrottle(0);
    pace.took(2_500_000, 250);
    pace.took(10_000, 350);
    pace.took(10_000, 500);
    expect(pace.restMs(350)).toBe(350);
  });
});
