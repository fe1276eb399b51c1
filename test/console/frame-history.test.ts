import { describe, expect, test } from 'vitest';
import type { Frame } from '../../src/console/api/contract.ts';
import { FrameHistory } from '../../src/console/stream/frame-history.ts';

/** 25 frames of 1000 bytes a second, a keyframe each second, and an audio packet of 100 bytes beside each. */
function seconds(from: number, to: number): Frame[] {
  const frames: Frame[] = [];
  for (let t = from * 1000; t < to * 1000; t += 40) {
    frames.push({ t, kind: 'video', bytes: 1000, keyframe: t % 1000 === 0 });
    frames.push({ t: t + 3, kind: 'audio', bytes: 100, keyframe: false });
  }
  return frames;
}

describe('the plots of a stream', () => {
  test('show frame interval and GOP length of what has come', () => {
    const history = new FrameHistory();
    history.take(seconds(0, 2));
    const { interval, gop } = history.take(seconds(2, 4));
    expect(new Set(interval[1])).toEqual(new Set([40]));
    expect(gop[1]).toEqual([1000, 1000, 1000]);
  });

  test('cover the last minute and no more', () => {
    const { interval, gop } = new FrameHistory().take(seconds(0, 100));
    expect(interval[0]?.[0]).toBeGreaterThanOrEqual(-60);
    expect(gop[1]?.length).toBeLessThanOrEqual(60);
  });

  test('begin anew when the stream does', () => {
    const history = new FrameHistory();
    history.take(seconds(100, 110));
    const { interval } = history.take(seconds(0, 2));
    expect(new Set(interval[1])).toEqual(new Set([40]));
  });

  test('are empty before anything has come', () => {
    expect(new FrameHistory().take([]).interval).toEqual([[], []]);
  });
});
