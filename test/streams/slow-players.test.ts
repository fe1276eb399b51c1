import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIN_BACKLOG_BYTES, SLOW_PLAYER_DEADLINE_MS } from '../../src/streams/fanout-group.ts';
import { openHub } from '../support/live.ts';
import {
  audioHeader,
  frame,
  heavy,
  keyframe,
  metadata,
  sound,
  TextSink,
  textEncoder,
  videoHeader,
} from '../support/text-format.ts';

const TOO_MUCH = MIN_BACKLOG_BYTES + 1;

/** A live stream with a player who has begun to skip, and one who keeps up. */
function withSlowPlayer() {
  const open = openHub();
  const publication = open.publish();
  const slow = open.join();
  const quick = open.join();
  open.write(publication, metadata('meta'), videoHeader('avc'), keyframe('k1', 10));
  slow.sink.backlog = 2 * TOO_MUCH;
  slow.sink.written.length = 0;
  open.write(publication, frame('f1', 20));
  return { ...open, publication, slow, quick };
}

test('a player within its bound gets everything, whatever waits for it', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  const { sink, place } = join();
  sink.backlog = MIN_BACKLOG_BYTES;
  write(publication, keyframe('k'));
  write(publication, frame('f'));
  expect(sink.names).toEqual(['k', 'f']);
  expect(place.skips).toBe(0);
});

test('a player over its bound is given nothing at all until it has drained', () => {
  const { write, publication, slow, quick } = withSlowPlayer();
  write(publication, frame('f2', 30));
  slow.sink.backlog = 1;
  write(publication, keyframe('k2', 40));
  expect(slow.sink.names).toEqual([]);
  expect(slow.place.skips).toBe(1);
  expect(quick.place.skips).toBe(0);
  expect(quick.sink.names).toEqual(['meta', 'avc', 'k1', 'f1', 'f2', 'k2']);
});

test('once drained it goes on at the keyframe that was cached meanwhile, with headers', () => {
  const { write, publication, slow } = withSlowPlayer();
  write(publication, keyframe('k2', 40), frame('f3', 50));
  slow.sink.backlog = 0;
  write(publication, frame('f4', 60));
  write(publication, frame('f5', 70));
  expect(slow.sink.lines).toEqual(['meta@0', 'avc@40', 'k2@40', 'f3@50', 'f4@60', 'f5@70']);
});

test('once drained it waits for a keyframe when the cached one is older than what it has seen', () => {
  const { write, publication, slow } = withSlowPlayer();
  slow.sink.backlog = 0;
  write(publication, frame('f2', 30));
  write(publication, sound('s', 35));
  expect(slow.sink.names).toEqual([]);
  write(publication, frame('f3', 36), keyframe('k2', 40));
  expect(slow.sink.lines).toEqual(['meta@0', 'avc@40', 'k2@40']);
});

test('a stream of sound alone goes on with the next flush', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  const { sink } = join();
  write(publication, audioHeader('aac'), sound('s1'));
  sink.backlog = 2 * TOO_MUCH;
  write(publication, sound('s2'));
  sink.backlog = 0;
  sink.written.length = 0;
  write(publication, sound('s3'));
  expect(sink.names).toEqual(['aac', 's3']);
});

test('each time counts', () => {
  const { write, publication, slow } = withSlowPlayer();
  for (const name of ['k2', 'k3']) {
    slow.sink.backlog = 0;
    write(publication, keyframe(name));
    slow.sink.backlog = 2 * TOO_MUCH;
    write(publication, frame('lost'));
  }
  expect(slow.place.skips).toBe(3);
});

test('a player that does not drain is dropped once, after its deadline and not before', () => {
  const { clock, write, publication, slow, quick } = withSlowPlayer();
  clock.advance(SLOW_PLAYER_DEADLINE_MS);
  write(publication, keyframe('k2'));
  expect(slow.sink.drops).toBe(0);
  clock.advance(1);
  write(publication, keyframe('k3'));
  write(publication, keyframe('k4'));
  expect(slow.sink.drops).toBe(1);
  expect(slow.sink.names).toEqual([]);
  expect(quick.sink.drops).toBe(0);
  expect(quick.sink.names.slice(-2)).toEqual(['k3', 'k4']);
  expect(publication.players).toBe(1);
  slow.place.close();
  expect(publication.players).toBe(1);
});

test('a stream of many bytes lets its players fall further behind than one of few', () => {
  const { clock, publish, join, write } = openHub({ queueLengthMs: 10_000, gopCache: false });
  const publication = publish();
  const { sink, place } = join();
  // Five seconds at 1 MB/s: ten seconds are ten megabytes.
  for (let second = 0; second < 5; second++) {
    clock.advance(1000);
    write(publication, heavy(keyframe('k'), 1_000_000));
  }
  sink.backlog = 9_000_000;
  write(publication, frame('f'));
  expect(place.skips).toBe(0);
  sink.backlog = 11_000_000;
  write(publication, frame('f'));
  expect(place.skips).toBe(1);
});

test('a joiner is not slow for having been given a large GOP at once', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  write(publication, heavy(keyframe('k'), 3 * MIN_BACKLOG_BYTES));
  const sink = new TextSink();
  sink.reads = false;
  const { place } = join(sink);
  write(publication, frame('f'));
  expect(sink.names.at(-1)).toBe('f');
  expect(place.skips).toBe(0);
});

test('a joiner with more to take than its bound skips until it has drained, then starts at the keyframe', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  write(publication, videoHeader('avc'), keyframe('k'), frame('f1'));
  const sink = new TextSink();
  sink.backlog = TOO_MUCH;
  const { place } = join(sink);
  write(publication, frame('f2'));
  expect(sink.names).toEqual([]);
  expect(place.skips).toBe(1);
  sink.backlog = 0;
  write(publication, frame('f3'));
  write(publication, frame('f4'));
  expect(sink.names).toEqual(['avc', 'k', 'f1', 'f2', 'f3', 'f4']);
});

test('a joiner with as much to take as its bound is given its picture at once', () => {
  const { publish, join, write } = openHub();
  write(publish(), keyframe('k'));
  const sink = new TextSink();
  sink.backlog = MIN_BACKLOG_BYTES;
  join(sink);
  expect(sink.names).toEqual(['k']);
});

test('a joiner that never drains is dropped after its deadline', () => {
  const { clock, publish, join, write } = openHub();
  const publication = publish();
  write(publication, keyframe('k'));
  const sink = new TextSink();
  sink.backlog = TOO_MUCH;
  join(sink);
  clock.advance(SLOW_PLAYER_DEADLINE_MS + 1);
  write(publication, frame('f'));
  expect(sink.drops).toBe(1);
});

describe('two players of one connection, in formats of their own,', () => {
  /** Both have been given nothing yet, since too much waits for their connection. */
  function withFullConnection(gopBytes: number) {
    const open = openHub();
    const publication = open.publish();
    open.write(publication, heavy(keyframe('k'), gopBytes));
    const connection = { backlog: TOO_MUCH };
    const [one, two] = ['one', 'two'].map((format) => {
      const sink = new TextSink(textEncoder(format));
      sink.reads = false;
      Object.defineProperty(sink, 'backlog', {
        get: () => connection.backlog,
        set: (bytes: number) => {
          connection.backlog = bytes;
        },
      });
      return open.join(sink).sink;
    }) as [TextSink, TextSink];
    const names = () => [one, two].map((sink) => sink.names.map((name) => name.replaceAll('.', '')));
    return { ...open, publication, connection, names };
  }

  test('both go on in the flush that finds it drained', () => {
    const { write, publication, connection, names } = withFullConnection(100);
    connection.backlog = 0;
    write(publication, frame('f'));
    expect(connection.backlog).toBeGreaterThan(0);
    expect(names()).toEqual([
      ['k', 'f'],
      ['k', 'f'],
    ]);
  });

  test('are given a large GOP one after the other', () => {
    const { write, publication, connection, names } = withFullConnection(2 * MIN_BACKLOG_BYTES);
    connection.backlog = 0;
    write(publication, frame('f1'));
    expect(names()).toEqual([['k', 'f1'], []]);
    connection.backlog = 0;
    write(publication, frame('f2'));
    expect(names()).toEqual([
      ['k', 'f1', 'f2'],
      ['k', 'f1', 'f2'],
    ]);
  });
});

test('who drains as a keyframe comes goes on with that, not with the GOP before it', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  write(publication, keyframe('k1'));
  const sink = new TextSink();
  sink.backlog = TOO_MUCH;
  join(sink);
  sink.backlog = 0;
  write(publication, frame('f1'), keyframe('k2'));
  expect(sink.names).toEqual(['k2']);
});

test('who skips through the end of a publish starts with the next one', () => {
  const { publish, join, write } = openHub();
  const publication = publish();
  const { sink } = join();
  write(publication, keyframe('k1'));
  sink.backlog = 2 * TOO_MUCH;
  write(publication, frame('f1'));
  publication.end();
  sink.backlog = 0;
  sink.written.length = 0;
  const next = publish();
  write(next, videoHeader('avc'), keyframe('k2'));
  write(next, frame('f2'));
  expect(sink.names).toEqual(['avc', 'k2', 'f2']);
});

type Step = 'key' | 'frame' | 'sound' | 'flush' | 'choke' | 'drain';

const steps = fc.array(
  fc.constantFrom<Step>('key', 'frame', 'frame', 'sound', 'flush', 'flush', 'flush', 'choke', 'drain'),
  { minLength: 10, maxLength: 120 },
);

test('whenever a player chokes and drains, it sees each packet once at most, in order, and resumes at keyframes', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const { publish, join, clock } = openHub();
      const publication = publish();
      const { sink } = join();
      publication.write(videoHeader('avc'));
      const order: string[] = [];
      const kinds = new Map<string, Step>();
      script.forEach((step, at) => {
        if (step === 'flush') clock.endTurn();
        else if (step === 'choke') sink.backlog = 2 * TOO_MUCH;
        else if (step === 'drain') sink.backlog = 0;
        else {
          const name = `${step}${at}`;
          order.push(name);
          kinds.set(name, step);
          publication.write({ key: keyframe, frame, sound }[step](name, at));
        }
      });
      clock.endTurn();
      let previous = -1;
      let resumed = true;
      for (const name of sink.names) {
        if (name === 'avc') {
          resumed = true;
          continue;
        }
        const place = order.indexOf(name);
        expect(place).toBeGreaterThan(previous);
        // A gap comes with headers and a keyframe, never without.
        if (place !== previous + 1) expect([resumed, kinds.get(name)]).toEqual([true, 'key']);
        previous = place;
        resumed = false;
      }
    }),
    { numRuns: 500 },
  );
});
