import { expect, test } from 'vitest';
import { parseDataMessage } from '../../../src/protocol/flv/metadata.ts';
import { amf, cat } from '../../support/wire.ts';

const parse = (type: number, ...parts: (Buffer | number[])[]) =>
  parseDataMessage({ csid: 5, type, streamId: 1, timestamp: 0, payload: cat(...parts) });

const metadata = cat(amf.string('onMetaData'), amf.ecmaArray({ width: amf.number(1280) }));

test.each([
  ['@setDataFrame and onMetaData', 18, [amf.string('@setDataFrame'), metadata]],
  ['onMetaData alone', 18, [metadata]],
  ['the same in an AMF3 message', 15, [[0], amf.string('@setDataFrame'), metadata]],
  ['the same in an AMF3 message without its first byte', 15, [metadata]],
])('%s is metadata as players get it', (_, type, parts) => {
  expect(parse(type, ...parts)).toEqual({ kind: 'metadata', payload: metadata });
});

test('@clearDataFrame clears', () => {
  expect(parse(18, amf.string('@clearDataFrame'), amf.string('onMetaData'))).toEqual({ kind: 'clear' });
});

test('other data goes to players without @setDataFrame', () => {
  const cue = cat(amf.string('onTextData'), amf.object({ text: amf.string('hi') }));
  expect(parse(18, cue)).toEqual({ kind: 'other', payload: cue });
  expect(parse(18, amf.string('@setDataFrame'), cue)).toEqual({ kind: 'other', payload: cue });
});

test.each([
  ['nothing', []],
  ['a name that only begins like one', [amf.string('onMetaDataX')]],
  ['a name that is cut', [amf.string('onMetaData').subarray(0, 8)]],
  ['something that has no name', [amf.number(1)]],
])('%s is other data', (_, parts) => {
  expect(parse(18, ...parts)).toEqual({ kind: 'other', payload: cat(...parts) });
});
