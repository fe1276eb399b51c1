import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SseEvent, SseParser } from '../../src/console/live/sse-parser.ts';

const WHOLE = [
  ': a comment, which keeps the connection open',
  'event: streams',
  'data: {"at":1}',
  '',
  'data:two',
  'data: lines',
  '',
  'event: without data',
  '',
  'id: 7',
  'event: last\r',
  'data: x: y\r',
  '\r',
  'data: cut off by the end',
  '',
].join('\n');

const EVENTS: readonly SseEvent[] = [
  { event: 'streams', data: '{"at":1}' },
  { event: '', data: 'two\nlines' },
  { event: 'last', data: 'x: y' },
];

describe('a stream of server-sent events', () => {
  test('is read as its specification says', () => {
    expect(new SseParser().push(WHOLE)).toEqual(EVENTS);
  });

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(WHOLE.length), { maxLength: 12 }), (cuts) => {
        const parser = new SseParser();
        const places = [0, ...cuts.toSorted((a, b) => a - b), WHOLE.length];
        const events = places.flatMap((place, index) =>
          parser.push(WHOLE.slice(place, places[index + 1] ?? place)),
        );
        expect(events).toEqual(EVENTS);
      }),
    );
  });
});
