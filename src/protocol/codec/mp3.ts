import type { AudioFormat } from './format.ts';

/** ISO 11172-3 2.4.2.3, for MPEG 1; MPEG 2 has the half, MPEG 2.5 the quarter. */
const SAMPLE_RATES = [44_100, 48_000, 32_000];
const DIVIDERS: Readonly<Record<number, number>> = { 3: 1, 2: 2, 0: 4 };
const LAYER_III = 1;
const MONO = 3;

/** Reads the header of an MP3 frame. Undefined if it is none. */
export function readMp3Header(frame: Uint8Array): AudioFormat | undefined {
  const [first = 0, second = 0, third = 0, fourth] = frame;
  if (first !== 0xff || second >> 5 !== 7 || fourth === undefined) return undefined;
  const divider = DIVIDERS[(second >> 3) & 3];
  const rate = SAMPLE_RATES[(third >> 2) & 3];
  const bitrate = third >> 4;
  if (divider === undefined || rate === undefined || bitrate === 15) return undefined;
  if (((second >> 1) & 3) !== LAYER_III) return undefined;
  return { codec: 'mp3', sampleRate: rate / divider, channels: fourth >> 6 === MONO ? 1 : 2 };
}
