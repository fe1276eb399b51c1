import { BitReader } from '../bytes/bit-reader.ts';
import { twoDigits, type VideoSize } from './format.ts';

const SEQUENCE_HEADER = 1;
/** OBUs in which a sequence header is looked for; it is the first or second of a keyframe. */
const MAX_OBUS = 16;
/** Bytes of a LEB128 number (AV1 4.10.5). */
const MAX_LEB128 = 8;

/** Decoder configuration record of AV1; the size is not always in it. */
export interface Av1Format {
  /** RFC 6381, as the AV1 binding to ISO BMFF defines it, for example `av01.0.04M.08`. */
  readonly codec: string;
  readonly size: VideoSize | undefined;
}

/** Reads an AV1CodecConfigurationRecord (AV1 in ISO BMFF 2.3). Undefined if it is cut off or of another version. */
export function readAv1Record(record: Uint8Array): Av1Format | undefined {
  if (record.length < 4 || record[0] !== 0x81) return undefined;
  const reader = new BitReader(record.subarray(1, 4));
  const profile = reader.bits(3);
  const level = twoDigits(reader.bits(5));
  const tier = reader.flag() ? 'H' : 'M';
  const [high, twelve, mono, subX, subY, position] = [
    ...[reader.bits(1), reader.bits(1), reader.bits(1), reader.bits(1), reader.bits(1)],
    reader.bits(2),
  ];
  const depth = twoDigits(high ? (twelve ? 12 : 10) : 8);
  const short = `av01.${profile}.${level}${tier}.${depth}`;
  // Colour that is not said is BT.709 of limited range.
  const usual = mono === 0 && subX === 1 && subY === 1;
  const codec = usual ? short : `${short}.${mono}.${subX}${subY}${position}.01.01.01.0`;
  return { codec, size: findAv1Size(record.subarray(4)) };
}

/** The picture size from the sequence header among some OBUs (AV1 5.3). Undefined if there is none that can be read. */
export function findAv1Size(obus: Uint8Array): VideoSize | undefined {
  let at = 0;
  for (let count = 0; count < MAX_OBUS && at < obus.length; count++) {
    const header = obus[at] as number;
    at += header & 0x04 ? 2 : 1;
    let end = obus.length;
    if (header & 0x02) {
      const size = readLeb128(obus, at);
      if (!size) return undefined;
      at = size.end;
      end = at + size.value;
    }
    if (end > obus.length) return undefined;
    if (((header >> 3) & 0x0f) === SEQUENCE_HEADER) return readSequenceHeader(obus.subarray(at, end));
    at = end;
  }
  return undefined;
}

function readLeb128(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < MAX_LEB128; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}

/** AV1 5.5.1, up to the picture size. */
function readSequenceHeader(bytes: Uint8Array): VideoSize | undefined {
  const reader = new BitReader(bytes);
  reader.skip(3 + 1);
  if (reader.flag()) reader.skip(5);
  else skipOperatingPoints(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const size = { width: reader.bits(widthBits) + 1, height: reader.bits(heightBits) + 1 };
  return reader.exhausted ? undefined : size;
}

function skipOperatingPoints(reader: BitReader): void {
  let delayBits = 0;
  if (reader.flag()) {
    reader.skip(64);
    if (reader.flag()) reader.ue();
    if (reader.flag()) {
      delayBits = reader.bits(5) + 1;
      reader.skip(32 + 5 + 5);
    }
  }
  const displayDelay = reader.flag();
  const points = reader.bits(5) + 1;
  for (let i = 0; i < points; i++) {
    reader.skip(12);
    if (reader.bits(5) > 7) reader.skip(1);
    if (delayBits > 0 && reader.flag()) reader.skip(2 * delayBits + 1);
    if (displayDelay && reader.flag()) reader.skip(4);
  }
}
