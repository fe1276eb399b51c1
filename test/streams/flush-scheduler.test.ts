import { describe, expect, test } from 'vitest';
import { FlushScheduler } from '../../src/streams/flush-scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { KEY, openHub } from '../support/live.ts';
import { PLAY } from '../support/options.ts';
import { frame, keyframe, TextSink, textEncoder } from '../support/text-format.ts';

describe('a flush comes', () => {
  test('every N milliseconds with mw_latency N', () => {
    const { clock, publish, join, write } = openHub({ mwLatency: 100 });
    const publication = publish();
    const { sink } = join();
    write(publication, keyframe('k'));
    expect(sink.names).toEqual(['k']);
    clock.advance(40);
    publication.write(frame('f1'));
    clock.advance(40);
    publication.write(frame('f2'));
    clock.endTurn();
    clock.advance(19);
    expect(sink.names).toEqual(['k']);
    clock.advance(1);
    expect(sink.names).toEqual(['k', 'f1', 'f2']);
    expect(sink.written).toHaveLength(2);
    expect(clock.pending).toEqual([]);
    publication.write(frame('f3'));
    expect(clock.pending).toEqual([100]);
  });

  test.each([
    ['mw_latency 0', { mwLatency: 0 }],
    ['min_latency on, whatever mw_latency says', { mwLatency: 350, minLatency: true }],
    ['mw_latency auto on an idle machine', { mwLatency: 'auto' }],
  ] as const)('at the end of each turn with %s', (_what, options) => {
    const { clock, publish, join } = openHub(options);
    const publication = publish();
    const { sink } = join();
    publication.write(keyframe('k'));
    publication.write(frame('f'));
    expect(sink.names).toEqual([]);
    clock.endTurn();
    expect(sink.names).toEqual(['k', 'f']);
    expect(sink.written).toHaveLength(1);
    expect(clock.pending).toEqual([]);
  });

  test('not at all while nobody plays', () => {
    const { clock, publish } = openHub({ mwLatency: 100 });
    publish().write(keyframe('k'));
    expect(clock.pending).toEqual([]);
  });

  test('at the end of the turn if the last was N milliseconds ago', () => {
    const { clock, publish, join, write } = openHub({ mwLatency: 100 });
    const publication = publish();
    const { sink } = join();
    write(publication, keyframe('k'));
    clock.advance(100);
    write(publication, frame('f'));
    expect(sink.names).toEqual(['k', 'f']);
  });

  test('for a player that joined while one was due, too', () => {
    const { clock, publish, join, write } = openHub({ mwLatency: 100 });
    const publication = publish();
    const first = join();
    write(publication, keyframe('k'));
    publication.write(frame('e'));
    first.place.close();
    const { sink } = join();
    clock.advance(50);
    publication.write(frame('f'));
    clock.advance(50);
    expect(sink.names).toEqual(['k', 'e', 'f']);
    publication.write(frame('g'));
    clock.advance(100);
    expect(sink.names).toEqual(['k', 'e', 'f', 'g']);
  });

  test('at once when the publisher leaves', () => {
    const { publish, join } = openHub({ mwLatency: 350 });
    const publication = publish();
    const { sink } = join();
    publication.write(keyframe('k'));
    publication.end();
    expect(sink.names).toEqual(['k']);
  });

  test('less often when flushing keeps the machine busy', () => {
    const { clock, publish, join, write } = openHub({ mwLatency: 'auto' });
    const publication = publish();
    class Costly extends TextSink {
      override write(bytes: Buffer): void {
        clock.busy(20);
        super.write(bytes);
      }
    }
    join(new Costly(textEncoder()));
    for (let i = 0; i < 40; i++) {
      clock.advance(20);
      write(publication, keyframe('k'));
    }
    publication.write(frame('f'));
    const [wait = 0] = clock.pending;
    expect(wait).toBeGreaterThan(4);
    expect(wait).toBeLessThanOrEqual(350);
  });
});

describe('the pace of mw_latency auto', () => {
  /** Flushes streams of these costs for a while, each as often as its pace says, and returns their intervals. */
  function run(all: FlushScheduler, clock: FakeClock, costs: readonly number[], seconds: number): number[] {
    const streams = costs.map((cost) => ({ cost, pace: all.ofStream(), due: clock.now() }));
    for (const end = clock.now() + seconds * 1000; clock.now() < end; ) {
      clock.advance(5);
      for (const stream of streams.filter(({ due }) => due <= clock.now())) {
        clock.busy(stream.cost);
        stream.pace.record(stream.cost);
        stream.due = clock.now() + Math.max(15, stream.pace.intervalMs);
      }
    }
    return streams.map(({ pace }) => pace.intervalMs);
  }

  function pace() {
    const clock = new FakeClock();
    return { clock, all: new FlushScheduler(clock) };
  }

  test('is the end of each turn while flushes are cheap', () => {
    const { clock, all } = pace();
    expect(run(all, clock, [0.1], 5)).toEqual([0]);
  });

  test('stretches a stream until its flushes take a tenth of the time', () => {
    const { clock, all } = pace();
    const [interval = 0] = run(all, clock, [5], 30);
    expect(interval).toBeCloseTo(50, 0);
  });

  test('never stretches beyond 350 ms', () => {
    const { clock, all } = pace();
    expect(run(all, clock, [500], 60)).toEqual([350]);
  });

  test('leaves a stream of little cost alone beside one of much cost', () => {
    const { clock, all } = pace();
    const [costly = 0, cheap] = run(all, clock, [10, 0.1], 30);
    expect(costly).toBeGreaterThan(90);
    expect(cheap).toBe(0);
  });

  test('stretches all when many streams of little cost take too much together', () => {
    const { clock, all } = pace();
    const intervals = run(all, clock, new Array(40).fill(1), 30);
    expect(Math.min(...intervals)).toBeGreaterThan(20);
  });

  test('returns to the end of each turn when the load is over', () => {
    const { clock, all } = pace();
    run(all, clock, new Array(40).fill(5), 30);
    expect(all.crowding).toBeGreaterThan(1);
    expect(run(all, clock, [0.1], 10)).toEqual([0]);
    expect(all.crowding).toBe(1);
  });

  test('is not misled by one slow flush', () => {
    const { clock, all } = pace();
    const stream = all.ofStream();
    for (let i = 0; i < 100; i++) stream.record(0.05);
    clock.busy(40);
    stream.record(40);
    expect(stream.intervalMs).toBe(0);
  });
});

describe('the idle budget of a stream, in which packets would go nowhere,', () => {
  test('lasts while nobody plays', () => {
    const { publish } = openHub({ mwLatency: 0 });
    expect(publish().idleBudgetMs).toBe(350);
  });

  test('lasts until the next flush may be, from the flush before on', () => {
    const { clock, publish, join, write } = openHub({ mwLatency: 350 });
    const publication = publish();
    join();
    expect(publication.idleBudgetMs).toBe(0);
    publication.write(keyframe('k'));
    expect(publication.idleBudgetMs).toBe(350);
    clock.endTurn();
    clock.advance(300);
    expect(publication.idleBudgetMs).toBe(50);
    clock.advance(50);
    expect(publication.idleBudgetMs).toBe(0);
    write(publication, frame('f'));
    expect(publication.idleBudgetMs).toBe(350);
  });

  test.each([
    ['min_latency on', { minLatency: true }],
    ['a flush at the end of each turn', { mwLatency: 0 }],
  ] as const)('is none for players with %s', (_what, options) => {
    const { publish, join } = openHub(options);
    const publication = publish();
    join();
    publication.write(keyframe('k'));
    expect(publication.idleBudgetMs).toBe(0);
  });

  test('is none with min_latency on, whoever plays', () => {
    const { publish } = openHub({ minLatency: true });
    expect(publish().idleBudgetMs).toBe(0);
  });

  test('is over when the first player comes', () => {
    const { hub, join } = openHub();
    let polls = 0;
    const publication = hub.reserve(KEY, PLAY);
    publication?.setOwner({ leave: () => publication.end(), pollNow: () => (polls += 1) });
    publication?.start();
    join();
    join();
    expect(polls).toBe(1);
    publication?.end();
    join();
    expect(polls).toBe(1);
  });
});
