import { describe, expect, test } from 'vitest';
import { KEY, openHub } from '../support/live.ts';
import { PLAY } from '../support/options.ts';
import { audioHeader, cue, frame, keyframe, metadata, sound, videoHeader } from '../support/text-format.ts';

describe('a stream has one publisher', () => {
  test('whoever comes second is refused until the first has left', () => {
    const { hub, reserve } = openHub();
    const first = reserve();
    expect(hub.reserve(KEY, PLAY)).toBeUndefined();
    first.start();
    expect(hub.reserve(KEY, PLAY)).toBeUndefined();
    first.end();
    expect(hub.reserve(KEY, PLAY)).toBeDefined();
  });

  test('a stream of the same name in another app or vhost is another one', () => {
    const { hub, reserve } = openHub();
    reserve();
    expect(hub.reserve({ ...KEY, app: 'other' }, PLAY)).toBeDefined();
    expect(hub.reserve({ ...KEY, vhost: 'other' }, PLAY)).toBeDefined();
    expect(hub.streams).toBe(3);
  });

  test('a reservation is not on air', () => {
    const { reserve, join, write } = openHub();
    const { sink } = join();
    const publication = reserve();
    write(publication, keyframe('too early'));
    publication.start();
    write(publication, keyframe('k'));
    expect(sink.names).toEqual(['k']);
  });

  test('a publication that has ended can neither write nor clear nor end its successor', () => {
    const { hub, publish, join, write } = openHub();
    const { sink } = join();
    const first = publish();
    first.end();
    const second = publish();
    write(second, metadata('meta'), keyframe('k'));
    write(first, keyframe('ghost'));
    first.clearMetadata();
    first.end();
    expect(hub.reserve(KEY, PLAY)).toBeUndefined();
    expect(sink.names).toEqual(['meta', 'k']);
    expect(join().sink.names).toEqual(['meta', 'k']);
  });

  test('a publication starts once', () => {
    const { publish } = openHub();
    const publication = publish();
    expect(() => publication.start()).toThrow('a publication starts once');
    publication.end();
    expect(() => publication.start()).toThrow('this one is ended');
  });
});

describe('a stream is forgotten', () => {
  test('when it has neither publisher nor players', () => {
    const { hub, publish, join } = openHub();
    const publication = publish();
    const { place } = join();
    expect(hub.streams).toBe(1);
    publication.end();
    expect(hub.streams).toBe(1);
    place.close();
    expect(hub.streams).toBe(0);
  });

  test('when a reservation is given up', () => {
    const { hub, reserve } = openHub();
    reserve().end();
    expect(hub.streams).toBe(0);
  });

  test('and a place of a forgotten one closes nothing of its successor', () => {
    const { hub, publish, join } = openHub();
    const { place } = join();
    place.close();
    const publication = publish();
    place.close();
    expect(hub.streams).toBe(1);
    publication.end();
    expect(hub.streams).toBe(0);
  });

  test('so that the next publisher starts with nothing of the one before', () => {
    const { publish, join, write } = openHub();
    const first = publish();
    write(first, metadata('old'), videoHeader('old'), keyframe('old', 1000));
    first.end();
    const second = publish();
    write(second, videoHeader('new'), keyframe('new', 5));
    expect(join().sink.lines).toEqual(['new@5', 'new@5']);
  });

  test('but takes the options of a new beginning only then', () => {
    const { hub, publish, join } = openHub();
    publish().end();
    const off = hub.reserve(KEY, { ...PLAY, gopCache: false });
    off?.start();
    off?.write(keyframe('k'));
    expect(join().sink.names).toEqual([]);
  });
});

describe('a publisher that comes back', () => {
  test('finds its players', () => {
    const { publish, join, write } = openHub();
    const { sink } = join();
    const first = publish();
    write(first, keyframe('k1'));
    first.write(frame('last words'));
    first.end();
    expect(sink.names).toEqual(['k1', 'last words']);
    const second = publish();
    expect(second.players).toBe(1);
    write(second, videoHeader('avc'), keyframe('k2'));
    expect(sink.names).toEqual(['k1', 'last words', 'avc', 'k2']);
  });

  test('has left nothing for those who join meanwhile', () => {
    const { publish, join, write } = openHub();
    join();
    const first = publish();
    write(first, metadata('old'), videoHeader('old'), keyframe('old'));
    first.end();
    const { sink } = join();
    expect(sink.names).toEqual([]);
    const second = publish();
    write(second, sound('s'));
    expect(sink.names).toEqual(['s']);
  });

  test('may send sound alone, though there was video before', () => {
    const { publish, join, write } = openHub();
    join();
    const first = publish();
    write(first, videoHeader('avc'), keyframe('k'));
    first.end();
    const second = publish();
    write(second, audioHeader('aac'), sound('s1'));
    const { sink } = join();
    write(second, sound('s2'));
    expect(sink.names).toEqual(['aac', 's2']);
  });
});

describe('the time of a stream', () => {
  /** Two publishes seen by one player, as the times of what it gets. */
  function twoPublishes(
    timeJitter: 'full' | 'zero' | 'off',
    first: readonly [string, number][],
    second: readonly [string, number][],
  ): string[] {
    const { publish, join, write } = openHub({ timeJitter });
    const { sink } = join();
    for (const packets of [first, second]) {
      const publication = publish();
      for (const [name, timestamp] of packets) {
        const make = { m: metadata, v: videoHeader, k: keyframe, f: frame, a: sound, d: cue }[name[0] as 'm'];
        write(publication, make(name, timestamp));
      }
      publication.end();
    }
    return sink.lines;
  }

  test('goes on where it was with time_jitter full', () => {
    expect(
      twoPublishes(
        'full',
        [
          ['k1', 500],
          ['f1', 540],
        ],
        [
          ['k2', 7],
          ['f2', 47],
        ],
      ),
    ).toEqual(['k1@500', 'f1@540', 'k2@550', 'f2@590']);
  });

  test('goes on behind whichever of sound and picture has come further', () => {
    const first: [string, number][] = [
      ['k1', 500],
      ['a1', 560],
      ['f1', 540],
    ];
    expect(twoPublishes('full', first, [['k2', 0]])).toEqual(['k1@500', 'a1@560', 'f1@540', 'k2@570']);
  });

  test('goes on where it was set back to, when that was far', () => {
    const first: [string, number][] = [
      ['k1', 900_000],
      ['k2', 40],
    ];
    expect(twoPublishes('full', first, [['k3', 0]])).toEqual(['k1@900000', 'k2@40', 'k3@50']);
  });

  test('starts at 0 each time with zero', () => {
    expect(
      twoPublishes(
        'zero',
        [
          ['k1', 500],
          ['f1', 540],
        ],
        [
          ['k2', 70],
          ['f2', 110],
        ],
      ),
    ).toEqual(['k1@0', 'f1@40', 'k2@0', 'f2@40']);
  });

  test('is the publisher\u2019s with off', () => {
    expect(
      twoPublishes(
        'off',
        [['k1', 500]],
        [
          ['k2', 70],
          ['m', 0],
        ],
      ),
    ).toEqual(['k1@500', 'k2@70', 'm@0']);
  });

  test('goes on with the first picture, not with headers that say 0 before it', () => {
    const second: [string, number][] = [
      ['m', 0],
      ['v', 0],
      ['k2', 3_600_000],
      ['f2', 3_600_040],
    ];
    expect(twoPublishes('full', [['k1', 500]], second)).toEqual([
      'k1@500',
      'm@510',
      'v@510',
      'k2@510',
      'f2@550',
    ]);
    expect(twoPublishes('zero', [], second)).toEqual(['m@0', 'v@0', 'k2@0', 'f2@40']);
  });

  test('is not thrown back by metadata that says 0 in the midst', () => {
    expect(
      twoPublishes(
        'full',
        [
          ['k1', 5000],
          ['m', 0],
        ],
        [['k2', 0]],
      ),
    ).toEqual(['k1@5000', 'm@0', 'k2@5010']);
  });

  test('is what headers in the midst of a publish that goes on get, for theirs says 0 or anything', () => {
    const second: [string, number][] = [
      ['k2', 3_600_000],
      ['m', 0],
      ['v', 0],
      ['d', 3_600_030],
      ['f2', 3_600_040],
    ];
    expect(twoPublishes('full', [['k1', 500]], second)).toEqual([
      'k1@500',
      'k2@510',
      'm@510',
      'v@510',
      'd@540',
      'f2@550',
    ]);
    const keepsOff: [string, number][] = [
      ['v', 0],
      ['d', 3_600_000],
      ['v', 1],
    ];
    expect(twoPublishes('zero', [], keepsOff)).toEqual(['v@0', 'd@0', 'v@0']);
  });

  test('wraps as 32 bits do', () => {
    const wrap = 2 ** 32;
    expect(
      twoPublishes(
        'full',
        [
          ['k1', wrap - 20],
          ['f1', 20],
        ],
        [
          ['k2', wrap - 5],
          ['f2', 35],
        ],
      ),
    ).toEqual([`k1@${wrap - 20}`, 'f1@20', 'k2@30', 'f2@70']);
  });

  test('starts anew when nobody has watched it', () => {
    const { publish, join, write } = openHub();
    const early = join();
    const first = publish();
    write(first, keyframe('k1', 1000));
    early.place.close();
    first.end();
    const { sink } = join();
    write(publish(), keyframe('k2', 5));
    expect(sink.lines).toEqual(['k2@5']);
  });
});
