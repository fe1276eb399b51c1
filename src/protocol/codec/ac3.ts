import { BitReader } from '../bytes/bit-reader.ts';
import type { AudioFormat } from './format.ts';

const SYNC = 0x0b77;
const SAMPLE_RATES = [48_000, 44_100, 32_000];
/** Full channels by acmod (ETSI TS 102 366 table 4.3). */
const CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];

/** Reads the beginning of an AC-3 frame (ETSI TS 102 366 4.3). Undefined if it is none. */
export function readAc3Frame(frame: Uint8Array): AudioFormat | undefined {
  const reader = new BitReader(frame.subarray(0, 16));
  if (reader.bits(16) !== SYNC) return undefined;
  reader.skip(16);
  const sampleRate = SAMPLE_RATES[reader.bits(2)];
  reader.skip(6);
  if (reader.bits(5) > 10) return undefined;
  reader.skip(3);
  const mode = reader.bits(3);
  if ((mode & 1) !== 0 && mode !== 1) reader.skip(2);
  if ((mode & 4) !== 0) reader.skip(2);
  if (mode === 2) reader.skip(2);
  return format('ac-3', reader, sampleRate, mode);
}

/** Reads the beginning of an E-AC-3 frame (ETSI TS 102 366 E.1.2). Undefined if it is none. */
export function readEac3Frame(frame: Uint8Array): AudioFormat | undefined {
  const reader = new BitReader(frame.subarray(0, 16));
  if (reader.bits(16) !== SYNC) return undefined;
  reader.skip(2 + 3 + 11);
  const code = reader.bits(2);
  const second = reader.bits(2);
  const half = SAMPLE_RATES[second];
  const sampleRate = code === 3 ? half && half / 2 : SAMPLE_RATES[code];
  return format('ec-3', reader, sampleRate, reader.bits(3));
}

/** `reader` stands at the flag of the low frequency channel. */
function format(
  codec: string,
  reader: BitReader,
  sampleRate: number | undefined,
  mode: number,
): AudioFormat | undefined {
  const channels = (CHANNELS[mode] as number) + reader.bits(1);
  return sampleRate === undefined || reader.exhausted ? undefined : { codec, sampleRate, channels };
}
