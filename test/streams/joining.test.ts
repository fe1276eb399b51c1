import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_GOP_BYTES, MAX_SPARE_GOP_BYTES } from '../../src/streams/gop-cache.ts';
import { MAX_HEADER_SLOTS } from '../../src/streams/live-stream.ts';
import type { Serializer } from '../../src/streams/sink.ts';
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

const HEADERS = [metadata('meta', 7), videoHeader('avc'), audioHeader('aac')];

describe('sharing', () => {
  test('players of one format are given the very same bytes, those of another format get their own', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const one = join().sink;
    const two = join().sink;
    const other = join(new TextSink(textEncoder('other', ['audio']))).sink;
    write(publication, keyframe('k'), sound('s'));
    expect(one.written).toHaveLength(1);
    expect(two.written[0]).toBe(one.written[0]);
    expect(one.names).toEqual(['k', 's']);
    expect(other.names).toEqual(['k']);
  });

  test('joiners share the bytes of headers and cache too', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, ...HEADERS, keyframe('k'));
    join();
    const one = join().sink;
    const two = join().sink;
    expect(one.names).toEqual(['meta', 'avc', 'aac', 'k']);
    expect(two.written.every((bytes, at) => bytes === one.written[at])).toBe(true);
  });

  test('bytes that a player holds do not change when later ones are made', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const { sink } = join();
    write(publication, heavy(keyframe('k'), 200_000));
    const before = sink.written.map((bytes) => Buffer.from(bytes));
    for (let i = 0; i < 10; i++) write(publication, heavy(frame(`f${i}`), 100_000));
    expect(sink.written.slice(0, 1)).toEqual(before);
    expect(sink.names.map((name) => name.replaceAll('.', ''))).toEqual([
      'k',
      ...Array.from({ length: 10 }, (_, i) => `f${i}`),
    ]);
  });
});

describe('a joiner', () => {
  test('gets headers, the GOP and then what follows', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, ...HEADERS, keyframe('k1', 10), frame('f1', 20), keyframe('k2', 30), frame('f2', 40));
    const { sink } = join();
    expect(sink.lines).toEqual(['meta@0', 'avc@30', 'aac@30', 'k2@30', 'f2@40']);
    write(publication, sound('s', 50), frame('f3', 60));
    expect(sink.lines.slice(5)).toEqual(['s@50', 'f3@60']);
  });

  test('between two flushes gets what was flushed, then the rest, each once', () => {
    const { publish, join, write, clock } = openHub();
    const publication = publish();
    join();
    write(publication, keyframe('k'), frame('f1'));
    publication.write(frame('f2'));
    const { sink } = join();
    expect(sink.names).toEqual(['k', 'f1']);
    clock.endTurn();
    expect(sink.names).toEqual(['k', 'f1', 'f2']);
  });

  test('gets headers that do not lie behind the pictures that follow them', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    join();
    write(publication, ...HEADERS, keyframe('k1', 100), frame('f1', 120));
    publication.write(keyframe('k2', 1000));
    expect(join().sink.lines).toEqual(['meta@0', 'avc@100', 'aac@100', 'k1@100', 'f1@120']);
  });

  test('of a stream that has sent no keyframe waits for one', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    join();
    write(publication, videoHeader('avc'), frame('f1'));
    const { sink } = join();
    write(publication, frame('f2'), sound('s1'));
    expect(sink.names).toEqual([]);
    write(publication, sound('s2'), keyframe('k'), frame('f3'));
    expect(sink.names).toEqual(['avc', 'k', 'f3']);
  });

  test('of a stream without video starts at once', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, audioHeader('aac'), sound('s1', 5));
    const { sink } = join();
    write(publication, sound('s2', 6));
    expect(sink.lines).toEqual(['aac@6', 's2@6']);
  });

  test('that came before the publisher gets everything, once', () => {
    const { publish, join, write } = openHub();
    const early = join().sink;
    const publication = publish();
    const alsoEarly = join().sink;
    write(publication, ...HEADERS, frame('f0'));
    write(publication, keyframe('k'));
    expect(early.names).toEqual(['meta', 'avc', 'aac', 'f0', 'k']);
    expect(alsoEarly.names).toEqual(early.names);
  });

  test('who leaves gets nothing more, and leaving twice is harmless', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const { sink, place } = join();
    const stayer = join().sink;
    write(publication, keyframe('k'));
    place.close();
    place.close();
    write(publication, frame('f'));
    expect(sink.names).toEqual(['k']);
    expect(stayer.names).toEqual(['k', 'f']);
    expect(publication.players).toBe(1);
  });

  test('who takes no video gets sound from the first flush on, also without a GOP cache', () => {
    for (const gopCache of [true, false]) {
      const { publish, join, write } = openHub({ gopCache });
      const publication = publish();
      join();
      write(publication, ...HEADERS, keyframe('k'), frame('f'));
      const { sink } = join(new TextSink(textEncoder('blind', ['video'])));
      write(publication, sound('s1'));
      write(publication, keyframe('k2'));
      write(publication, sound('s2'));
      expect(sink.names.at(-1)).toBe('s2');
      expect(sink.names).toContain('aac');
      expect(sink.names).not.toContain('k2');
    }
  });

  test('who takes no video finds no more sound in the cache than since the last keyframe', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const blind = () => join(new TextSink(textEncoder('blind', ['video']))).sink;
    blind();
    write(publication, ...HEADERS);
    for (let i = 1; i <= 5; i++) {
      write(publication, keyframe(`k${i}`));
      write(publication, sound(`s${i}`));
    }
    expect(blind().names).toEqual(['meta', 'aac', 's5']);
  });

  test('who takes no sound gets pictures alone', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, ...HEADERS, keyframe('k'), sound('s'));
    const { sink } = join(new TextSink(textEncoder('mute', ['audio'])));
    write(publication, sound('s2'), frame('f'));
    expect(sink.names).toEqual(['meta', 'avc', 'k', 'f']);
  });
});

describe('the cache', () => {
  test('switched off, lets a joiner wait for the next keyframe', () => {
    const { publish, join, write } = openHub({ gopCache: false });
    const publication = publish();
    join();
    write(publication, ...HEADERS, keyframe('k1'), frame('f1'));
    const { sink } = join();
    write(publication, frame('f2'));
    expect(sink.names).toEqual([]);
    write(publication, keyframe('k2', 90));
    expect(sink.lines).toEqual(['meta@0', 'avc@90', 'aac@90', 'k2@90']);
  });

  test.each([
    ['for the first player of a format', 0],
    ['beside other players', 1],
  ])('gives up a GOP of more packets than gop_cache_max_frames, %s', (_whom, others) => {
    const { publish, join, write } = openHub({ gopCacheMaxFrames: 3 });
    const publication = publish();
    for (let i = 0; i < others; i++) join();
    write(publication, keyframe('k1'), frame('f1'), frame('f2'));
    expect(join().sink.names).toEqual(['k1', 'f1', 'f2']);
    write(publication, frame('f3'));
    const { sink } = join();
    expect(sink.names).toEqual([]);
    write(publication, frame('f4'));
    write(publication, keyframe('k2'));
    expect(sink.names).toEqual(['k2']);
    expect(join().sink.names).toEqual(['k2']);
  });

  test('gives up a GOP that outgrew it within one flush', () => {
    const { publish, join, write } = openHub({ gopCacheMaxFrames: 2 });
    const publication = publish();
    join();
    write(publication, keyframe('k1'), frame('f1'), frame('f2'));
    expect(join().sink.names).toEqual([]);
  });

  test('gives up a GOP of more than MAX_GOP_BYTES', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const share = MAX_GOP_BYTES / 4;
    write(publication, heavy(keyframe('k'), share), heavy(frame('a'), share), heavy(frame('b'), share));
    const fits = join();
    expect(fits.sink.names).toHaveLength(3);
    fits.place.close();
    write(publication, heavy(frame('c'), share + 1));
    expect(join().sink.names).toEqual([]);
  });

  test('counts the memory that payloads were cut from, once for packets of the same memory', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const cut = (from: Buffer, at: number) => ({ ...frame('x'), payload: from.subarray(at, at + 1) });
    const half = Buffer.alloc(MAX_GOP_BYTES / 2);
    write(publication, heavy(keyframe('k'), MAX_GOP_BYTES / 2), cut(half, 0), cut(half, 1));
    const fits = join();
    expect(fits.sink.names).toHaveLength(3);
    fits.place.close();
    write(publication, cut(Buffer.alloc(2), 0));
    expect(join().sink.names).toEqual([]);
  });

  test('merges small flushes, so that a joiner costs few writes', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    join();
    write(publication, keyframe('k'));
    for (let i = 0; i < 100; i++) write(publication, heavy(frame(`f${i}`), 1000));
    const { sink } = join();
    expect(sink.names).toHaveLength(101);
    expect(sink.written.length).toBeLessThan(5);
  });

  test('holds no picture that the new decoder configuration does not go with', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    join();
    write(publication, videoHeader('avc1'), keyframe('k1'), videoHeader('avc2'), frame('f1'));
    const { sink } = join();
    write(publication, frame('f2'));
    expect(sink.names).toEqual([]);
    write(publication, keyframe('k2'));
    expect(sink.names).toEqual(['avc2', 'k2']);
  });
});

describe('the encoded cache', () => {
  /** A format that notes the names of the packets which it encodes. */
  function noting(id = 'noting') {
    const encoded: string[] = [];
    const plain = textEncoder(id);
    const serializer: Serializer = {
      ...plain,
      write: (target, offset, packet) => {
        encoded.push(packet.payload.toString().replaceAll('.', ''));
        return plain.write(target, offset, packet);
      },
    };
    return { serializer, encoded };
  }

  test('is kept for the next player when the last one of its format has left', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const { serializer, encoded } = noting();
    write(publication, keyframe('k'), frame('f1'));
    const first = join(new TextSink(serializer));
    write(publication, frame('f2'));
    first.place.close();
    write(publication, frame('f3'));
    const { sink } = join(new TextSink(serializer));
    expect(encoded).toEqual(['k', 'f1', 'f2', 'f3']);
    write(publication, frame('f4'));
    expect(sink.names).toEqual(['k', 'f1', 'f2', 'f3', 'f4']);
  });

  test('goes with its GOP', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, keyframe('k1'));
    join().place.close();
    write(publication, keyframe('k2'), frame('f'));
    expect(join().sink.names).toEqual(['k2', 'f']);
  });

  test('that ends within the flush in which its last player leaves goes too', () => {
    const { publish, join, write, clock } = openHub();
    const publication = publish();
    write(publication, keyframe('k1'));
    const { place } = join();
    publication.write(keyframe('k2'));
    place.close();
    clock.endTurn();
    expect(join().sink.names).toEqual(['k2']);
  });

  test('is kept for so many bytes, the oldest being forgotten first', () => {
    const { publish, join, write } = openHub();
    write(publish(), keyframe('k'));
    const third = Math.floor(MAX_SPARE_GOP_BYTES / 3);
    const formats = ['a', 'b', 'c'].map((id) => {
      const { serializer, encoded } = noting(id);
      const write: Serializer['write'] = (target, offset, packet) => {
        serializer.write(target, offset, packet);
        return offset + third + 1;
      };
      return { serializer: { ...serializer, size: () => third + 1, write }, encoded };
    });
    const visit = ({ serializer }: { readonly serializer: Serializer }) =>
      join(new TextSink(serializer)).place.close();
    formats.forEach(visit);
    for (const { encoded } of formats) encoded.length = 0;
    formats.reverse().forEach(visit);
    expect(formats.map(({ encoded }) => encoded)).toEqual([[], [], ['k']]);
  });

  test('is not made for a joiner that is given nothing', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const { serializer, encoded } = noting();
    write(publication, keyframe('k'));
    const sink = new TextSink(serializer);
    sink.backlog = Number.POSITIVE_INFINITY;
    const { place } = join(sink);
    write(publication, frame('f1'));
    expect(encoded).toEqual(['f1']);
    place.close();
    write(publication, frame('f2'));
    expect(join(new TextSink(serializer)).sink.names).toEqual(['k', 'f1', 'f2']);
  });
});

describe('headers', () => {
  test('that are newer replace those of their slot', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    write(publication, metadata('old'), audioHeader('aac1'), audioHeader('track1', 0, 1), keyframe('k'));
    write(publication, metadata('new'), audioHeader('aac2'));
    expect(join().sink.names.slice(0, 3)).toEqual(['new', 'aac2', 'track1']);
  });

  test('are forgotten on clearMetadata, for joiners only', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const present = join().sink;
    write(publication, metadata('meta'), keyframe('k'));
    join();
    publication.clearMetadata();
    expect(join().sink.names).toEqual(['k']);
    expect(present.names).toEqual(['meta', 'k']);
  });

  test('are kept for a bounded number of slots', () => {
    const { publish, join, write } = openHub();
    const publication = publish();
    const count = MAX_HEADER_SLOTS + 10;
    write(publication, ...Array.from({ length: count }, (_, track) => audioHeader(`h${track}`, 0, track)));
    write(publication, audioHeader('renewed', 0, 0), keyframe('k'));
    const { names } = join().sink;
    expect(names).toHaveLength(MAX_HEADER_SLOTS + 1);
    expect(names).toContain('renewed');
    expect(names).not.toContain(`h${MAX_HEADER_SLOTS}`);
  });
});

const MAKE = { key: keyframe, frame, sound, meta: metadata, avc: videoHeader, aac: audioHeader };

type Media = keyof typeof MAKE;
type Step = Media | 'flush' | 'join' | 'join other' | 'visit other';

/** A published packet. */
interface Item {
  readonly name: string;
  readonly step: Media;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.constantFrom<Step>(
    'key',
    'frame',
    'frame',
    'sound',
    'meta',
    'avc',
    'aac',
    'flush',
    'flush',
    'join',
    'join other',
    'visit other',
  ),
  { maxLength: 80 },
);

/** Everything published, in order, and the players that joined. */
function playSteps(script: readonly Step[], gopCache: boolean) {
  const { publish, join, clock } = openHub({ gopCache });
  const publication = publish();
  const published: Item[] = [];
  const sinks: TextSink[] = [];
  script.forEach((step, at) => {
    if (step === 'flush') clock.endTurn();
    else if (step === 'join') sinks.push(join().sink);
    else if (step === 'join other') sinks.push(join(new TextSink(textEncoder('other'))).sink);
    else if (step === 'visit other') join(new TextSink(textEncoder('other'))).place.close();
    else {
      const name = `${step}${at}`;
      published.push({ name, step });
      publication.write(MAKE[step](name, 10 * at));
    }
  });
  clock.endTurn();
  return { published, sinks };
}

const HEADER_STEPS = ['meta', 'avc', 'aac'] as const;
const isVideo = ({ step }: Item) => step === 'key' || step === 'frame' || step === 'avc';

/** Whether a player that was given `before` and then all of `published` from `from` on was given a beginning. */
function isBeginning(before: readonly string[], published: readonly Item[], from: number): boolean {
  const earlier = published.slice(0, from);
  if (earlier.some(isVideo) && published[from]?.step !== 'key') return false;
  const given = before.map((name) => published.findIndex((item) => item.name === name));
  const ofKind = (kind: Step, places: readonly number[]) =>
    places.filter((at) => published[at]?.step === kind);
  const headers = HEADER_STEPS.flatMap((kind) => ofKind(kind, given));
  // One header of each kind that had been sent: the newest of that moment, or one that is newer still.
  return (
    headers.length === before.length &&
    HEADER_STEPS.every((kind) => {
      const newest = earlier.findLastIndex(({ step }) => step === kind);
      const [header, ...more] = ofKind(kind, given);
      return more.length === 0 && (header === undefined ? newest < 0 : header >= newest);
    })
  );
}

/** Whether the player got headers and then everything from some place on, each packet once and in order. */
function isUnbroken(names: readonly string[], published: readonly Item[]): boolean {
  return published.some((_, from) => {
    const rest = published.slice(from);
    const before = names.slice(0, Math.max(0, names.length - rest.length));
    const expected = [...before, ...rest.map(({ name }) => name)];
    return names.join() === expected.join() && isBeginning(before, published, from);
  });
}

test.each([true, false])(
  'whatever is published, whenever it is flushed: a joiner gets headers and then an unbroken rest (gop_cache %s)',
  (gopCache) => {
    fc.assert(
      fc.property(steps, (script) => {
        const { published, sinks } = playSteps(script, gopCache);
        for (const { names } of sinks) {
          if (names.length > 0)
            expect({ names, published, unbroken: isUnbroken(names, published) }).toMatchObject({
              unbroken: true,
            });
        }
      }),
      { numRuns: 1000 },
    );
  },
);

test('a joiner of a stream with a cached picture has it at once', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const { clock, publish, join } = openHub();
      const publication = publish();
      join();
      script.forEach((step, at) => {
        if (step === 'flush') clock.endTurn();
        else if (step !== 'join' && step !== 'join other' && step !== 'visit other')
          publication.write(MAKE[step](`${step}${at}`, at));
      });
      clock.endTurn();
      const sent = script.filter((step) => step === 'key' || step === 'avc');
      expect(join().sink.names.some((name) => name.startsWith('key'))).toBe(sent.at(-1) === 'key');
    }),
  );
});
