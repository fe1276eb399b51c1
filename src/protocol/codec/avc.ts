import { BitReader } from '../bytes/bit-reader.ts';
import { hex, type VideoFormat, type VideoSize } from './format.ts';
import { cropped, readNalList, unescapeNal } from './nal.ts';

/** Profiles whose SPS describes colour and scaling (H.264 7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
]);
/** Profiles whose record says more behind its parameter sets (ISO 14496-15 5.3.3.1.2). */
const EXTENDED_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 144]);
/** Bytes of that before its own parameter sets. */
const EXTENSION_BYTES = 4;
/** Most values that a picture order count cycle may have (H.264 7.4.2.1.1). */
const MAX_CYCLE = 255;

/** AVC decoder configuration record. */
export interface AvcFormat extends VideoFormat {
  /** Bytes of it that make sense: some have something else behind their parameter sets. */
  readonly bytes: number;
}

/** Reads an AVCDecoderConfigurationRecord (ISO 14496-15 5.3.3.1). Undefined if it is cut off or makes no sense. */
export function readAvcRecord(record: Uint8Array): AvcFormat | undefined {
  if (record.length < 7 || record[0] !== 1) return undefined;
  const [, profile = 0, compatibility = 0, level = 0, lengthSize = 0, spsCount = 0] = record;
  // Lengths of three bytes are ruled out by the standard.
  if ((lengthSize & 3) === 2) return undefined;
  const sps = readNalList(record, 6, spsCount & 0x1f);
  const ppsCount = sps && record[sps.end];
  const pps = sps && ppsCount !== undefined ? readNalList(record, sps.end + 1, ppsCount) : undefined;
  const size = sps?.first && pps && readAvcSps(sps.first);
  if (!size) return undefined;
  const codec = `avc1.${hex(profile, 2)}${hex(compatibility, 2)}${hex(level, 2)}`;
  const extended = EXTENDED_PROFILES.has(profile) ? endOfExtension(record, pps.end) : undefined;
  return { codec, ...size, bytes: extended ?? pps.end };
}

/** End of chroma format, bit depths and extensions of parameter sets; undefined if they are not there. */
function endOfExtension(record: Uint8Array, start: number): number | undefined {
  const count = record[start + EXTENSION_BYTES - 1];
  return count === undefined ? undefined : readNalList(record, start + EXTENSION_BYTES, count)?.end;
}

/** Reads the picture size from a sequence parameter set with its NAL header (H.264 7.3.2.1.1). Undefined if that fails. */
export function readAvcSps(nal: Uint8Array): VideoSize | undefined {
  const reader = new BitReader(unescapeNal(nal));
  reader.skip(8);
  const profile = reader.bits(8);
  reader.skip(16);
  reader.ue();
  const chroma = HIGH_PROFILES.has(profile) ? readChroma(reader) : 1;
  reader.ue();
  skipPictureOrder(reader);
  reader.ue();
  reader.skip(1);
  const width = (reader.ue() + 1) * 16;
  const mapUnits = reader.ue() + 1;
  const framesOnly = reader.flag();
  if (!framesOnly) reader.skip(1);
  reader.skip(1);
  const height = mapUnits * 16 * (framesOnly ? 1 : 2);
  const crop = { x: 0, y: 0 };
  if (reader.flag()) {
    const [left, right, top, bottom] = [reader.ue(), reader.ue(), reader.ue(), reader.ue()];
    // Units of cropping are those of the chroma samples (H.264 table 6-1).
    crop.x = (left + right) * (chroma === 1 || chroma === 2 ? 2 : 1);
    crop.y = (top + bottom) * (chroma === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  }
  return reader.exhausted ? undefined : cropped(width, height, crop);
}

/** Returns the chroma format, 0 also for planes that are coded apart. */
function readChroma(reader: BitReader): number {
  let chroma = reader.ue();
  const format = chroma;
  if (format === 3 && reader.flag()) chroma = 0;
  reader.ue();
  reader.ue();
  reader.skip(1);
  if (!reader.flag()) return chroma;
  const lists = format === 3 ? 12 : 8;
  for (let i = 0; i < lists; i++) {
    if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
  return chroma;
}

/** H.264 7.3.2.1.1.1. */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + reader.se() + 256) & 0xff;
    if (next !== 0) last = next;
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.ue();
  if (type === 0) reader.ue();
  if (type !== 1) return;
  reader.skip(1);
  reader.se();
  reader.se();
  const cycle = Math.min(reader.ue(), MAX_CYCLE);
  for (let i = 0; i < cycle; i++) reader.se();
}
