import type { AudioFormat } from './format.ts';

const MAGIC = 'OpusHead';
const HEADER_BYTES = 19;

/** Reads an identification header (RFC 7845 5.1). Opus always plays at 48 kHz. Undefined if it is none or of another version. */
export function readOpusHead(head: Uint8Array): AudioFormat | undefined {
  if (head.length < HEADER_BYTES) return undefined;
  for (let i = 0; i < MAGIC.length; i++) if (head[i] !== MAGIC.charCodeAt(i)) return undefined;
  const [version = 0, channels = 0] = head.subarray(8);
  const family = head[18];
  // The table of channels follows where the family is not 0 (5.1.1).
  const table = family === 0 ? 0 : 2 + channels;
  if (version > 15 || channels === 0 || head.length < HEADER_BYTES + table) return undefined;
  if (family === 0 && channels > 2) return undefined;
  return { codec: 'opus', sampleRate: 48_000, channels };
}
