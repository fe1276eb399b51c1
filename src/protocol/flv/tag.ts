const TAG_HEADER = 11;
const BACK_POINTER = 4;

/** The head of an FLV file (FLV E.2), with the back pointer 0 that comes before its first tag. */
export function flvHeader(hasAudio: boolean, hasVideo: boolean): Buffer {
  const flags = (hasAudio ? 0x04 : 0) | (hasVideo ? 0x01 : 0);
  return Buffer.of(0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0);
}

/** Bytes that {@link writeFlvTag} will write for a payload of that length. */
export function flvTagSize(payloadLength: number): number {
  return TAG_HEADER + payloadLength + BACK_POINTER;
}

/**
 * Writes one tag and its back pointer (FLV E.4.1), and returns the offset after them. `type` is 8, 9 or 18, `timestamp`
 * milliseconds (uint32). `RangeError` when `target` is too short.
 */
export function writeFlvTag(
  target: Buffer,
  offset: number,
  type: number,
  timestamp: number,
  payload: Buffer,
): number {
  if (offset + flvTagSize(payload.length) > target.length) {
    throw new RangeError(`a tag of ${payload.length} bytes does not fit ${target.length - offset} bytes`);
  }
  let at = target.writeUInt8(type, offset);
  at = target.writeUIntBE(payload.length, at, 3);
  at = target.writeUIntBE(timestamp & 0xffffff, at, 3);
  // The high byte of the time was added to the format later, which is why it is here.
  at = target.writeUInt8(timestamp >>> 24, at);
  at = target.writeUIntBE(0, at, 3);
  at += payload.copy(target, at);
  return target.writeUInt32BE(TAG_HEADER + payload.length, at);
}
