import { BitReader } from '../bytes/bit-reader.ts';
import type { AudioFormat } from './format.ts';

const MAGIC = 0x664c6143;
const STREAMINFO = 0;
const STREAMINFO_BYTES = 34;

/** Reads a FLAC header: `fLaC` and STREAMINFO as the first metadata block (RFC 9639 8). Undefined if it is none. */
export function readFlacHeader(header: Uint8Array): AudioFormat | undefined {
  const reader = new BitReader(header);
  if (reader.bits(32) !== MAGIC) return undefined;
  reader.skip(1);
  if (reader.bits(7) !== STREAMINFO || reader.bits(24) !== STREAMINFO_BYTES) return undefined;
  reader.skip(16 + 16 + 24 + 24);
  const sampleRate = reader.bits(20);
  const channels = reader.bits(3) + 1;
  reader.skip(5 + 36 + 128);
  return reader.exhausted || sampleRate === 0 ? undefined : { codec: 'flac', sampleRate, channels };
}
