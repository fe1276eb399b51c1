import { BitReader } from '../bytes/bit-reader.ts';
import type { AudioFormat } from './format.ts';

/** AudioSpecificConfig, and what else its readers need. */
export interface AacFormat extends AudioFormat {
  /** ADTS, and with it MPEG-TS, can describe it: AAC with one of the usual rates, and channels that have a number. */
  readonly adts: boolean;
}

/** ISO 14496-3 table 1.18. */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** ISO 14496-3 table 1.19; 0 says that a program config element describes them. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8];
const EXPLICIT_RATE = 15;

const LC = 2;
const SBR = 5;
const PS = 29;
/** Object types that carry a GASpecificConfig. */
const GENERAL_AUDIO: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]);

/**
 * Reads an AudioSpecificConfig (ISO 14496-3 1.6.2.1). The rate is that of the core, as FLV and ADTS count it. Undefined
 * if it is cut off, makes no sense or is of a reserved rate.
 */
export function readAacConfig(config: Uint8Array): AacFormat | undefined {
  const reader = new BitReader(config);
  let type = readObjectType(reader);
  const rate = readRate(reader);
  const layout = reader.bits(4);
  const extension = type === SBR || type === PS ? type : undefined;
  if (extension) {
    readRate(reader);
    type = readObjectType(reader);
    if (type === 22) reader.skip(4);
  }
  let channels = CHANNELS[layout] ?? 0;
  if (layout === 0 && GENERAL_AUDIO.has(type)) channels = readProgramConfig(reader);
  // One channel becomes two by parametric stereo.
  if (extension === PS && channels === 1) channels = 2;
  if (reader.exhausted || rate.hertz === 0 || channels === 0) return undefined;
  return {
    codec: `mp4a.40.${extension ?? type}`,
    sampleRate: rate.hertz,
    channels,
    adts: rate.index < SAMPLE_RATES.length && layout > 0 && layout < 8 && type >= 1 && type <= 4,
  };
}

/** True for the kinds of AAC that players and containers know: LC, and HE with or without parametric stereo. */
export function isCommonAac({ codec }: AacFormat): boolean {
  return codec === `mp4a.40.${LC}` || codec === `mp4a.40.${SBR}` || codec === `mp4a.40.${PS}`;
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

/** 0 Hz is a reserved index. */
function readRate(reader: BitReader): { readonly index: number; readonly hertz: number } {
  const index = reader.bits(4);
  return { index, hertz: index === EXPLICIT_RATE ? reader.bits(24) : (SAMPLE_RATES[index] ?? 0) };
}

/** GASpecificConfig up to its program_config_element (ISO 14496-3 4.4.1), and the channels that this counts. */
function readProgramConfig(reader: BitReader): number {
  reader.skip(1);
  if (reader.flag()) reader.skip(14);
  reader.skip(1);
  reader.skip(4 + 2 + 4);
  const elements = reader.bits(4) + reader.bits(4) + reader.bits(4);
  const lfe = reader.bits(2);
  reader.skip(3 + 4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(3);
  let channels = lfe;
  for (let i = 0; i < elements; i++) {
    channels += 1 + reader.bits(1);
    reader.skip(4);
  }
  return channels;
}
