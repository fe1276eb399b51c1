import { codecOfFourCc, fourCcTable, readEnhancedHeader, splitTracks, type TagBody } from './enhanced.ts';

/** Facts in the first bytes of an audio message. */
export interface AudioInfo {
  /** `aac`, `mp3`, `opus`, `flac`, `ac3`, `eac3`, `pcm`, `speex` …, a FourCC we know nothing of, or `unknown`. */
  readonly codec: string;
  /** Decoder configuration, which has to come before any audio. */
  readonly sequenceHeader: boolean;
  /** A sequence header that describes the channels (MultichannelConfig), beside the one that describes the codec. */
  readonly channelConfig: boolean;
  /** Enhanced RTMP multitrack: which track this belongs to. 0, the main one, for everything else. */
  readonly trackId: number;
}

const EX_HEADER = 9;
const AAC = 10;
const AAC_SEQUENCE_HEADER = 0;
const PACKET = { sequenceStart: 0, codedFrames: 1, multichannelConfig: 4, multitrack: 5, modEx: 7 } as const;

/** FLV E.4.2.1. */
const LEGACY_CODECS: Readonly<Record<number, string>> = {
  0: 'pcm',
  1: 'adpcm',
  2: 'mp3',
  3: 'pcm',
  4: 'nellymoser',
  5: 'nellymoser',
  6: 'nellymoser',
  7: 'pcma',
  8: 'pcmu',
  10: 'aac',
  11: 'speex',
  14: 'mp3',
};

const FOURCC_CODECS = fourCcTable({
  'ac-3': 'ac3',
  'ec-3': 'eac3',
  Opus: 'opus',
  '.mp3': 'mp3',
  fLaC: 'flac',
  mp4a: 'aac',
});

const NOTHING: AudioInfo = { codec: 'unknown', sequenceHeader: false, channelConfig: false, trackId: 0 };

/** Reads AudioTagHeader (FLV E.4.2.1) or ExAudioTagHeader (Enhanced RTMP v2). Never throws: bytes that make no sense are `unknown`. */
export function inspectAudio(payload: Buffer): AudioInfo {
  const first = payload[0];
  if (first === undefined) return NOTHING;
  const format = first >> 4;
  if (format === EX_HEADER) return inspectEnhanced(payload);
  const sequenceHeader = format === AAC && payload[1] === AAC_SEQUENCE_HEADER;
  return { codec: LEGACY_CODECS[format] ?? 'unknown', sequenceHeader, channelConfig: false, trackId: 0 };
}

function inspectEnhanced(payload: Buffer): AudioInfo {
  const header = readEnhancedHeader(payload, PACKET);
  if (!header) return NOTHING;
  const { packetType, fourCc, trackId } = header;
  const channelConfig = packetType === PACKET.multichannelConfig;
  return {
    codec: codecOfFourCc(fourCc, FOURCC_CODECS),
    sequenceHeader: packetType === PACKET.sequenceStart || channelConfig,
    channelConfig,
    trackId,
  };
}

/**
 * Reads what an audio message brings to each track (FLV E.4.2.1, Enhanced RTMP v2). Empty for descriptions of channels and
 * for bytes that make no sense.
 */
export function readAudioBodies(payload: Buffer): readonly TagBody[] {
  const first = payload[0];
  if (first === undefined) return [];
  const format = first >> 4;
  if (format === EX_HEADER) return readEnhancedBodies(payload);
  const codec = LEGACY_CODECS[format] ?? 'unknown';
  const body = { trackId: 0, codec, keyframe: true } as const;
  if (format !== AAC) return [{ ...body, type: 'frames', compositionMs: 0, data: payload.subarray(1) }];
  if (payload.length < 2) return [];
  const data = payload.subarray(2);
  return [
    payload[1] === AAC_SEQUENCE_HEADER
      ? { ...body, type: 'config', data }
      : { ...body, type: 'frames', compositionMs: 0, data },
  ];
}

function readEnhancedBodies(payload: Buffer): readonly TagBody[] {
  const header = readEnhancedHeader(payload, PACKET);
  const frames = header?.packetType === PACKET.codedFrames;
  if (!header || (!frames && header.packetType !== PACKET.sequenceStart)) return [];
  return splitTracks(payload, header).map(({ trackId, fourCc, data }) => {
    const body = { trackId, codec: codecOfFourCc(fourCc, FOURCC_CODECS), keyframe: true, data } as const;
    return frames ? { ...body, type: 'frames', compositionMs: 0 } : { ...body, type: 'config' };
  });
}
