import { codecOfFourCc, fourCcTable, readEnhancedHeader, splitTracks, type TagBody } from './enhanced.ts';

/** Facts in the first bytes of a video message. */
export interface VideoInfo {
  /** `avc`, `hevc`, `av1`, `vp8`, `vp9`, `vvc`, `h263`, `vp6` …, a FourCC we know nothing of, or `unknown`. */
  readonly codec: string;
  /** A decoder can start at this frame. Never true for a sequence header. */
  readonly keyframe: boolean;
  /** Decoder configuration, which has to come before any frame. */
  readonly sequenceHeader: boolean;
  /** Enhanced RTMP multitrack: which track this belongs to. 0, the main one, for everything else. */
  readonly trackId: number;
}

const KEY_FRAME = 1;
const COMMAND_FRAME = 5;
const LEGACY_PACKET = { sequenceHeader: 0, frames: 1 } as const;
/** First byte, packet type, and composition time. */
const LEGACY_HEADER_BYTES = 5;
const PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  codedFramesX: 3,
  mpeg2tsSequenceStart: 5,
  multitrack: 6,
  modEx: 7,
} as const;

/** FLV E.4.3.1, with the numbers that Chinese networks gave to HEVC and AV1 before Enhanced RTMP. */
const LEGACY_CODECS: Readonly<Record<number, string>> = {
  2: 'h263',
  3: 'screen',
  4: 'vp6',
  5: 'vp6a',
  6: 'screen2',
  7: 'avc',
  12: 'hevc',
  13: 'av1',
};
/** Those of them that have a packet type byte after the codec. */
const WITH_PACKET_TYPE: ReadonlySet<number> = new Set([7, 12, 13]);

const FOURCC_CODECS = fourCcTable({
  avc1: 'avc',
  hvc1: 'hevc',
  av01: 'av1',
  vp08: 'vp8',
  vp09: 'vp9',
  vvc1: 'vvc',
});

/** Codecs whose coded frames begin with a composition time. */
const WITH_COMPOSITION_TIME: ReadonlySet<string> = new Set(['avc', 'hevc', 'vvc']);

const NOTHING: VideoInfo = { codec: 'unknown', keyframe: false, sequenceHeader: false, trackId: 0 };

/** Reads VideoTagHeader (FLV E.4.3.1) or ExVideoTagHeader (Enhanced RTMP v2). Never throws: bytes that make no sense are `unknown`. */
export function inspectVideo(payload: Buffer): VideoInfo {
  const first = payload[0];
  if (first === undefined) return NOTHING;
  return first & 0x80 ? inspectEnhanced(payload, first) : inspectLegacy(payload, first);
}

function inspectLegacy(payload: Buffer, first: number): VideoInfo {
  const number = first & 0x0f;
  const codec = LEGACY_CODECS[number] ?? 'unknown';
  const frameType = first >> 4;
  if (frameType === COMMAND_FRAME || !WITH_PACKET_TYPE.has(number)) {
    return { codec, keyframe: frameType === KEY_FRAME, sequenceHeader: false, trackId: 0 };
  }
  return {
    codec,
    keyframe: frameType === KEY_FRAME && payload[1] === LEGACY_PACKET.frames,
    sequenceHeader: payload[1] === LEGACY_PACKET.sequenceHeader,
    trackId: 0,
  };
}

function inspectEnhanced(payload: Buffer, first: number): VideoInfo {
  const header = readEnhancedHeader(payload, PACKET);
  const frameType = (first >> 4) & 0x07;
  // A command frame has one byte of command where others have the FourCC. (Metadata has a FourCC whatever its frame
  // type, but is neither a keyframe nor configuration.)
  if (!header || frameType === COMMAND_FRAME) return NOTHING;
  const { packetType, fourCc, trackId } = header;
  return {
    codec: codecOfFourCc(fourCc, FOURCC_CODECS),
    keyframe:
      frameType === KEY_FRAME && (packetType === PACKET.codedFrames || packetType === PACKET.codedFramesX),
    sequenceHeader: packetType === PACKET.sequenceStart || packetType === PACKET.mpeg2tsSequenceStart,
    trackId,
  };
}

/**
 * Reads what a video message brings to each track (FLV E.4.3.1, Enhanced RTMP v2). Empty for commands, metadata, and for
 * bytes that make no sense; codecs without a packet type (Sorenson, VP6) have frames alone.
 */
export function readVideoBodies(payload: Buffer): readonly TagBody[] {
  const first = payload[0];
  if (first === undefined) return [];
  return first & 0x80 ? readEnhancedBodies(payload, first) : readLegacyBody(payload, first);
}

function readLegacyBody(payload: Buffer, first: number): readonly TagBody[] {
  const frameType = first >> 4;
  if (frameType === COMMAND_FRAME) return [];
  const number = first & 0x0f;
  const codec = LEGACY_CODECS[number] ?? 'unknown';
  const body = { trackId: 0, codec, keyframe: frameType === KEY_FRAME } as const;
  if (!WITH_PACKET_TYPE.has(number)) {
    return [{ ...body, type: 'frames', compositionMs: 0, data: payload.subarray(1) }];
  }
  if (payload.length < LEGACY_HEADER_BYTES) return [];
  const data = payload.subarray(LEGACY_HEADER_BYTES);
  if (payload[1] === LEGACY_PACKET.sequenceHeader) return [{ ...body, type: 'config', data }];
  if (payload[1] !== LEGACY_PACKET.frames) return [];
  return [{ ...body, type: 'frames', compositionMs: payload.readIntBE(2, 3), data }];
}

function readEnhancedBodies(payload: Buffer, first: number): readonly TagBody[] {
  const header = readEnhancedHeader(payload, PACKET);
  const frameType = (first >> 4) & 0x07;
  if (!header || frameType === COMMAND_FRAME) return [];
  const { packetType } = header;
  const frames = packetType === PACKET.codedFrames || packetType === PACKET.codedFramesX;
  if (!frames && packetType !== PACKET.sequenceStart) return [];
  const bodies: TagBody[] = [];
  for (const { trackId, fourCc, data } of splitTracks(payload, header)) {
    const codec = codecOfFourCc(fourCc, FOURCC_CODECS);
    const body = { trackId, codec, keyframe: frameType === KEY_FRAME } as const;
    if (!frames) {
      bodies.push({ ...body, type: 'config', data });
    } else if (packetType === PACKET.codedFrames && WITH_COMPOSITION_TIME.has(codec)) {
      if (data.length < 3) continue;
      bodies.push({ ...body, type: 'frames', compositionMs: data.readIntBE(0, 3), data: data.subarray(3) });
    } else {
      bodies.push({ ...body, type: 'frames', compositionMs: 0, data });
    }
  }
  return bodies;
}
