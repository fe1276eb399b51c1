interface Body {
  /** Enhanced RTMP multitrack: 0 is the main one, and the only one elsewhere. */
  readonly trackId: number;
  /** As `inspectVideo` and `inspectAudio` name it. */
  readonly codec: string;
  /** True for a video frame at which a decoder can start, and for any audio. */
  readonly keyframe: boolean;
  /** The decoder configuration record or the coded frames; a view of the message. */
  readonly data: Buffer;
}

/** Part of a message that belongs to one track. */
export type TagBody =
  | (Body & { readonly type: 'config' })
  | (Body & {
      readonly type: 'frames';
      /** Milliseconds from decoding to presentation, 24 bits with a sign. */
      readonly compositionMs: number;
    });
/** More ModEx prefixes than this on one message are not an encoder's doing. */
const MAX_MOD_EX = 16;

/** The numbers that audio and video give differently to the same things (Enhanced RTMP v2). */
interface EnhancedPacketTypes {
  readonly multitrack: number;
  readonly modEx: number;
}

/** The part of an enhanced tag header that audio and video have in common. */
interface EnhancedHeader {
  /** Audio or video packet type, of the tracks when there are several. */
  readonly packetType: number;
  /** FourCC as a big-endian number; the first track's where each track has its own. */
  readonly fourCc: number;
  /** 0 unless the message is a multitrack one; then the first track in it. */
  readonly trackId: number;
  /** AvMultitrackType of a multitrack message, else undefined. */
  readonly multitrackType: number | undefined;
  /** Offset of the FourCC. */
  readonly at: number;
}

/** One track's part of an enhanced message. */
interface EnhancedPart {
  readonly trackId: number;
  readonly fourCc: number;
  /** Bytes after FourCC, track id and size; a view. */
  readonly data: Buffer;
}

/** AvMultitrackType: one track; several of one codec; several, each with a codec of its own. */
const MULTITRACK = { oneTrack: 0, manyTracksManyCodecs: 2 } as const;
/** Tracks that are looked for in one message. */
const MAX_TRACKS_IN_MESSAGE = 16;

/**
 * Reads ExAudioTagHeader or ExVideoTagHeader (Enhanced RTMP v2) behind the first byte of a tag, whose low four bits are
 * the packet type. Undefined when the payload ends before the FourCC or makes no sense.
 */
export function readEnhancedHeader(payload: Buffer, types: EnhancedPacketTypes): EnhancedHeader | undefined {
  let at = 1;
  let packetType = (payload[0] as number) & 0x0f;
  for (let count = 0; packetType === types.modEx; count++) {
    at = afterModEx(payload, at);
    const next = payload[at - 1];
    if (next === undefined || count >= MAX_MOD_EX) return undefined;
    packetType = next & 0x0f;
  }
  let multitrackType: number | undefined;
  if (packetType === types.multitrack) {
    const kinds = payload[at];
    if (kinds === undefined) return undefined;
    packetType = kinds & 0x0f;
    multitrackType = kinds >> 4;
    // Two levels of multitrack are ruled out by the specification.
    if (packetType === types.multitrack) return undefined;
    at += 1;
  }
  // With a codec of its own for each track (AvMultitrackType 2), the FourCC belongs to the first track's body
  // rather than to the header; that is the same place.
  if (payload.length < at + 4) return undefined;
  const trackId = multitrackType === undefined ? 0 : (payload[at + 4] ?? 0);
  return { packetType, fourCc: payload.readUInt32BE(at), trackId, multitrackType, at };
}

/** The parts of a message by track; those that are whole, if it is cut off. */
export function splitTracks(payload: Buffer, header: EnhancedHeader): readonly EnhancedPart[] {
  const { multitrackType, fourCc } = header;
  if (multitrackType === undefined) return [{ trackId: 0, fourCc, data: payload.subarray(header.at + 4) }];
  const parts: EnhancedPart[] = [];
  const ownCodecs = multitrackType === MULTITRACK.manyTracksManyCodecs;
  const sized = multitrackType !== MULTITRACK.oneTrack;
  let at = ownCodecs ? header.at : header.at + 4;
  while (parts.length < MAX_TRACKS_IN_MESSAGE) {
    const start = at + (ownCodecs ? 4 : 0) + 1 + (sized ? 3 : 0);
    if (start > payload.length) break;
    const end = sized ? start + payload.readUIntBE(start - 3, 3) : payload.length;
    if (end > payload.length) break;
    const trackId = payload[start - (sized ? 4 : 1)] as number;
    const own = ownCodecs ? payload.readUInt32BE(at) : fourCc;
    parts.push({ trackId, fourCc: own, data: payload.subarray(start, end) });
    if (!sized) break;
    at = end;
  }
  return parts;
}

/** The offset behind one ModEx: a size, as many bytes, and a byte whose low bits are the next packet type. */
function afterModEx(payload: Buffer, at: number): number {
  const short = (payload[at] ?? 0) + 1;
  if (short < 256) return at + 1 + short + 1;
  const long = ((payload[at + 1] ?? 0) << 8) + (payload[at + 2] ?? 0) + 1;
  return at + 3 + long + 1;
}

/** Codec name by FourCC, for those we know; otherwise the four characters if they can be printed, else `unknown`. */
export function codecOfFourCc(fourCc: number, names: ReadonlyMap<number, string>): string {
  const name = names.get(fourCc);
  if (name !== undefined) return name;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(fourCc, 0);
  return bytes.every((byte) => byte > 0x20 && byte < 0x7f) ? bytes.toString('latin1') : 'unknown';
}

/** A table by FourCC from one by its four characters. */
export function fourCcTable(names: Readonly<Record<string, string>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(names).map(([fourCc, name]) => [Buffer.from(fourCc, 'latin1').readUInt32BE(0), name]),
  );
}
