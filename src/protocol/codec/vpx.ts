import { BitReader } from '../bytes/bit-reader.ts';
import { twoDigits, type VideoSize } from './format.ts';

/** The codec string of VP9 (VP Codec ISO Media File Format Binding) from its vpcC record, with or without box version. */
export function readVp9Record(record: Uint8Array): string | undefined {
  // The box of ISO BMFF begins with version 1 and three bytes of flags, and so does what FLV has.
  if (record.length < 12 || record[0] !== 1) return undefined;
  const [, , , , profile = 0, level = 0, format = 0, primaries = 0, transfer = 0, matrix = 0] = record;
  const depth = format >> 4;
  const values = [profile, level, depth, (format >> 1) & 7, primaries, transfer, matrix, format & 1];
  if (profile > 3 || level > 99 || (depth !== 8 && depth !== 10 && depth !== 12)) return undefined;
  if (primaries > 99 || transfer > 99 || matrix > 99) return undefined;
  return ['vp09', ...values.map(twoDigits)].join('.');
}

/** The picture size from a keyframe of VP9 (bitstream specification 6.2). Undefined if it is none. */
export function readVp9Size(frame: Uint8Array): VideoSize | undefined {
  const reader = new BitReader(frame.subarray(0, 32));
  if (reader.bits(2) !== 2) return undefined;
  const profile = reader.bits(1) + 2 * reader.bits(1);
  if (profile === 3) reader.skip(1);
  // A frame that is shown again, or no keyframe.
  if (reader.flag() || reader.flag()) return undefined;
  reader.skip(2);
  if (reader.bits(24) !== 0x498342) return undefined;
  if (profile >= 2) reader.skip(1);
  const rgb = reader.bits(3) === 7;
  if (!rgb) reader.skip(1);
  if (profile === 1 || profile === 3) reader.skip(rgb ? 1 : 3);
  const size = { width: reader.bits(16) + 1, height: reader.bits(16) + 1 };
  return reader.exhausted ? undefined : size;
}

/** The picture size from a keyframe of VP8 (RFC 6386 9.1). Undefined if it is none. */
export function readVp8Size(frame: Uint8Array): VideoSize | undefined {
  if (frame.length < 10 || ((frame[0] as number) & 1) !== 0) return undefined;
  if (frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return undefined;
  const at = (offset: number) => ((frame[offset] as number) | ((frame[offset + 1] as number) << 8)) & 0x3fff;
  const size = { width: at(6), height: at(8) };
  return size.width > 0 && size.height > 0 ? size : undefined;
}
