import { BitReader } from '../bytes/bit-reader.ts';
import { hex, type VideoFormat, type VideoSize } from './format.ts';
import { cropped, readNalList, unescapeNal } from './nal.ts';

const SPS_NAL = 33;
const RECORD_HEADER = 23;

/** Reads an HEVCDecoderConfigurationRecord (ISO 14496-15 8.3.3.1). Undefined if it is cut off or makes no sense. */
export function readHevcRecord(record: Uint8Array): VideoFormat | undefined {
  // Early encoders wrote version 0.
  if (record.length < RECORD_HEADER || (record[0] as number) > 1) return undefined;
  if (((record[21] as number) & 3) === 2) return undefined;
  let sps: Uint8Array | undefined;
  let at = RECORD_HEADER;
  for (let arrays = record[22] as number; arrays > 0; arrays--) {
    if (at + 3 > record.length) return undefined;
    const type = (record[at] as number) & 0x3f;
    const count = ((record[at + 1] as number) << 8) | (record[at + 2] as number);
    const list = readNalList(record, at + 3, count);
    if (!list) return undefined;
    if (type === SPS_NAL) sps ??= list.first;
    at = list.end;
  }
  const size = sps && readHevcSps(sps);
  return size && { codec: codecString(record), ...size };
}

/** Reads the picture size from a sequence parameter set with its NAL header (H.265 7.3.2.2.1). Undefined if that fails. */
export function readHevcSps(nal: Uint8Array): VideoSize | undefined {
  const reader = new BitReader(unescapeNal(nal));
  reader.skip(16 + 4);
  const subLayers = reader.bits(3);
  reader.skip(1);
  skipProfileTierLevel(reader, subLayers);
  reader.ue();
  const chroma = reader.ue();
  const apart = chroma === 3 && reader.flag();
  const width = reader.ue();
  const height = reader.ue();
  const crop = { x: 0, y: 0 };
  if (reader.flag()) {
    const [left, right, top, bottom] = [reader.ue(), reader.ue(), reader.ue(), reader.ue()];
    crop.x = (left + right) * (!apart && (chroma === 1 || chroma === 2) ? 2 : 1);
    crop.y = (top + bottom) * (!apart && chroma === 1 ? 2 : 1);
  }
  return reader.exhausted ? undefined : cropped(width, height, crop);
}

/** H.265 7.3.3, with the general part. */
function skipProfileTierLevel(reader: BitReader, subLayers: number): void {
  reader.skip(88 + 8);
  let bits = 0;
  for (let i = 0; i < subLayers; i++) {
    if (reader.flag()) bits += 88;
    if (reader.flag()) bits += 8;
  }
  if (subLayers > 0) reader.skip(2 * (8 - subLayers));
  reader.skip(bits);
}

/** ISO 14496-15 annex E.3: profile, compatibility from its lowest bit on, tier and level, constraints. */
function codecString(record: Uint8Array): string {
  const reader = new BitReader(record.subarray(1, 13));
  const space = ['', 'A', 'B', 'C'][reader.bits(2)];
  const tier = reader.flag() ? 'H' : 'L';
  const profile = reader.bits(5);
  let compatibility = 0;
  for (let i = 0; i < 32; i++) compatibility += reader.bits(1) * 2 ** i;
  const constraints = Array.from({ length: 6 }, () => reader.bits(8));
  while (constraints.at(-1) === 0) constraints.pop();
  const level = reader.bits(8);
  const parts = [`hvc1.${space}${profile}`, hex(compatibility), `${tier}${level}`];
  return [...parts, ...constraints.map((byte) => hex(byte))].join('.');
}
