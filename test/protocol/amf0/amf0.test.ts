import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAmf0 } from '../../../src/protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../../src/protocol/amf0/encode.ts';
import { type AmfValue, EcmaArray } from '../../../src/protocol/amf0/value.ts';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import { amf, be, cat } from '../../support/wire.ts';

/** Objects compare by their properties alone, decoded ones having no prototype. */
const decodeOne = (bytes: Buffer): AmfValue => {
  const values = decodeAmf0(bytes);
  expect(values).toHaveLength(1);
  return values[0];
};

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

const VECTORS: [string, AmfValue, Buffer][] = [
  ['a number', 3.5, amf.number(3.5)],
  ['a negative number', -1e300, amf.number(-1e300)],
  ['true', true, amf.boolean(true)],
  ['false', false, amf.boolean(false)],
  ['a string', 'live', amf.string('live')],
  ['an empty string', '', amf.string('')],
  ['a string beyond ASCII', 'Füße €', amf.string('Füße €')],
  ['null', null, amf.null],
  ['undefined', undefined, amf.undefined],
  ['a date', new Date(1_700_000_000_000), amf.date(1_700_000_000_000)],
  ['a long string', 'x'.repeat(65_536), amf.longString('x'.repeat(65_536))],
  ['the longest short string', 'x'.repeat(65_535), amf.string('x'.repeat(65_535))],
  [
    'a strict array',
    [1, 'a', [null]],
    amf.strictArray(amf.number(1), amf.string('a'), amf.strictArray(amf.null)),
  ],
  ['an empty array', [], amf.strictArray()],
];

describe('AMF0', () => {
  test.each(VECTORS)('decodes %s', (_, value, bytes) => {
    expect(decodeOne(bytes)).toEqual(value);
  });

  test.each(VECTORS)('encodes %s', (_, value, bytes) => {
    expect(encodeAmf0(value).equals(bytes)).toBe(true);
  });

  test('decodes objects, nested and in order', () => {
    const bytes = amf.object({
      app: amf.string('live'),
      caps: amf.object({ z: amf.number(1), a: amf.boolean(true) }),
    });
    const value = decodeOne(bytes);
    expect(JSON.stringify(value)).toBe('{"app":"live","caps":{"z":1,"a":true}}');
    expect(encodeAmf0(value).equals(bytes)).toBe(true);
  });

  test('decodes all values to the end, from an offset', () => {
    expect(decodeAmf0(cat([0xff], amf.string('a'), amf.number(2), amf.null), 1)).toEqual(['a', 2, null]);
    expect(decodeAmf0(Buffer.alloc(0))).toEqual([]);
  });

  test('keeps an ECMA array an ECMA array', () => {
    const bytes = amf.ecmaArray({ width: amf.number(1280) });
    const value = decodeOne(bytes);
    expect(value).toBeInstanceOf(EcmaArray);
    expect(encodeAmf0(value).equals(bytes)).toBe(true);
    expect(encodeAmf0(new EcmaArray()).equals(amf.ecmaArray({}))).toBe(true);
  });

  test.each([0, 0xffffffff])('does not believe an ECMA array that counts %d', (count) => {
    const value = decodeOne(amf.ecmaArray({ a: amf.number(1), b: amf.number(2) }, count));
    expect(Object.keys((value as EcmaArray).entries)).toEqual(['a', 'b']);
  });

  test('reads a typed object as an object, XML as text and unsupported as undefined', () => {
    const bytes = cat(amf.typedObject('flash.Point', { x: amf.number(1) }), amf.xml('<a/>'), amf.unsupported);
    const [point, ...rest] = decodeAmf0(bytes);
    expect({ ...(point as object) }).toEqual({ x: 1 });
    expect(rest).toEqual(['<a/>', undefined]);
  });

  test('ignores the time zone of a date', () => {
    expect(decodeOne(amf.date(5, 0xfe98))).toEqual(new Date(5));
  });

  test('accepts an empty property name that does not end the object', () => {
    expect({ ...(decodeOne(amf.object({ '': amf.number(1), a: amf.number(2) })) as object) }).toEqual({
      '': 1,
      a: 2,
    });
  });

  test('a __proto__ key is a key and changes nothing', () => {
    const value = decodeOne(
      amf.object({ ['__proto__']: amf.object({ polluted: amf.boolean(true) }) }),
    ) as object;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });

  test('invalid UTF-8 becomes the replacement character', () => {
    expect(decodeOne(cat([2], be(3, 2), [0x61, 0xff, 0x62]))).toBe('a\ufffdb');
  });

  test('follows references to objects that are complete', () => {
    const [first, second] = decodeAmf0(
      cat(amf.object({ a: amf.strictArray(amf.number(1)) }), amf.reference(1)),
    );
    expect(second).toEqual([1]);
    expect((first as { a: unknown }).a).toBe(second);
  });

  test('encodes what it decoded the same way', () => {
    const key = fc.string({ maxLength: 12 });
    const { value } = fc.letrec<{ value: AmfValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.double(),
        fc.boolean(),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(null, undefined),
        fc.date(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }).map((entries) => new EcmaArray(entries)),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        const bytes = encodeAmf0(...values);
        expect(encodeAmf0(...decodeAmf0(bytes)).equals(bytes)).toBe(true);
      }),
    );
  });
});

describe('AMF0 that is malformed', () => {
  const whole = cat(
    amf.object({
      a: amf.ecmaArray({ b: amf.date(1) }),
      c: amf.strictArray(amf.boolean(true), amf.longString('abc')),
    }),
    amf.typedObject('T', { d: amf.reference(0) }),
  );

  test('is refused wherever a value is cut', () => {
    const object = amf.object({
      a: amf.ecmaArray({ b: amf.date(1) }),
      c: amf.strictArray(amf.boolean(true), amf.xml('abc')),
    });
    for (let end = 1; end < object.length; end++) {
      expect(
        codeOf(() => decodeAmf0(object.subarray(0, end))),
        `cut at ${end}`,
      ).toBe('amf0');
    }
  });

  test.each([
    ['a movie clip', [4]],
    ['a record set', [14]],
    ['an object end out of place', [9]],
    ['an unknown marker', [0x42]],
    ['a reference to nothing', [7, 0, 0]],
    ['a switch to AMF3', [0x11, 4, 1]],
    ['an array with more elements than bytes', [10, 0, 0, 1, 0, 5]],
    ['a string longer than the rest', [2, 0, 9, 0x61]],
    ['a long string of 4 GiB', [12, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['an object that contains itself', [3, 0, 1, 0x61, 7, 0, 0, 0, 0, 9]],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => decodeAmf0(Buffer.from(bytes)))).toBe('amf0');
  });

  test('says that AMF3 is not accepted', () => {
    expect(() => decodeAmf0(Buffer.of(0x11))).toThrow('AMF3 values are not accepted');
  });

  test.each([
    ['objects', cat(...Array.from({ length: 5000 }, () => [3, 0, 1, 0x61]))],
    ['ECMA arrays', cat(...Array.from({ length: 5000 }, () => [8, 0, 0, 0, 1, 0, 1, 0x61]))],
    ['arrays', cat(...Array.from({ length: 5000 }, () => [10, 0, 0, 0, 1]))],
  ])('refuses 5,000 nested %s', (_, bytes) => {
    expect(codeOf(() => decodeAmf0(bytes))).toBe('amf0_limit');
  });

  test('accepts 32 levels and refuses 33', () => {
    const nested = (levels: number): Buffer =>
      levels === 0 ? amf.null : amf.strictArray(nested(levels - 1));
    expect(decodeAmf0(nested(32))).toHaveLength(1);
    expect(codeOf(() => decodeAmf0(nested(33)))).toBe('amf0_limit');
  });

  test('accepts 4,096 values and refuses one more', () => {
    const nulls = (count: number): Buffer => Buffer.alloc(count, 5);
    expect(decodeAmf0(nulls(4096))).toHaveLength(4096);
    expect(codeOf(() => decodeAmf0(nulls(4097)))).toBe('amf0_limit');
  });

  test('refuses references that multiply values', () => {
    // Each array holds the one before it twice: 2^30 values when written out.
    const layers = Array.from({ length: 30 }, (_, i) => amf.strictArray(amf.reference(i), amf.reference(i)));
    expect(codeOf(() => decodeAmf0(cat(amf.strictArray(amf.null), ...layers)))).toBe('amf0_limit');
  });

  test('refuses references that multiply bytes', () => {
    const references = Array.from({ length: 100 }, () => amf.reference(0));
    const bytes = cat(amf.object({ a: amf.longString('x'.repeat(10_000)) }), ...references);
    expect(codeOf(() => decodeAmf0(bytes))).toBe('amf0_limit');
  });

  test('random bytes are decoded or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['amf0', 'amf0_limit', 'nothing thrown']).toContain(
          codeOf(() => decodeAmf0(Buffer.from(bytes))),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('damaged values are decoded or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        expect(['amf0', 'amf0_limit', 'nothing thrown']).toContain(codeOf(() => decodeAmf0(bytes)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the AMF0 encoder', () => {
  test('refuses a cycle', () => {
    const cycle: { self?: AmfValue } = {};
    cycle.self = cycle as AmfValue;
    expect(() => encodeAmf0(cycle as AmfValue)).toThrow(RangeError);
  });

  test('refuses a property name that does not fit its length', () => {
    expect(() => encodeAmf0({ ['x'.repeat(65_536)]: 1 })).toThrow(RangeError);
  });
});
