import type { RtmpMessage } from './message.ts';

const EXTENDED = 0xffffff;
const FMT0_HEADER = 12;

/** Fields of a message that its chunk header has. An {@link RtmpMessage} is one. `csid` must be 2..63. */
export type MessageHeader = Pick<RtmpMessage, 'csid' | 'type' | 'streamId' | 'timestamp'>;

/** Bytes that {@link writeChunked} will write. `chunkSize` is in bytes, 1 or more. */
export function chunkedSize(payloadLength: number, timestamp: number, chunkSize: number): number {
  const continuations = payloadLength > chunkSize ? Math.ceil(payloadLength / chunkSize) - 1 : 0;
  const extended = timestamp >= EXTENDED ? 4 : 0;
  return FMT0_HEADER + extended + payloadLength + continuations * (1 + extended);
}

/**
 * Writes one message as a fmt 0 chunk and fmt 3 chunks, and returns the offset after it. Always fmt 0, so that what
 * is written depends on no earlier message and can be sent to any player at any moment. Allocates nothing.
 * `RangeError` when `target` is too short (see {@link chunkedSize}), or when `csid` is not 2..63.
 */
export function writeChunked(
  target: Buffer,
  offset: number,
  header: MessageHeader,
  payload: Buffer,
  chunkSize: number,
): number {
  const { csid, timestamp } = header;
  const { length } = payload;
  if (csid < 2 || csid > 63) throw new RangeError(`chunk stream id ${csid} is not in 2..63`);
  if (offset + chunkedSize(length, timestamp, chunkSize) > target.length) {
    throw new RangeError(`a message of ${length} bytes does not fit ${target.length - offset} bytes`);
  }
  const extended = timestamp >= EXTENDED;
  let at = offset;
  target[at] = csid;
  at = target.writeUIntBE(extended ? EXTENDED : timestamp, at + 1, 3);
  at = target.writeUIntBE(length, at, 3);
  at = target.writeUInt8(header.type, at);
  at = target.writeUInt32LE(header.streamId, at);
  if (extended) at = target.writeUInt32BE(timestamp, at);
  for (let from = 0; ; ) {
    const to = Math.min(from + chunkSize, length);
    payload.copy(target, at, from, to);
    at += to - from;
    if (to === length) return at;
    from = to;
    target[at++] = 0xc0 | csid;
    // RTMP 5.3.1.3: present in fmt 3 chunks too. Players by ffmpeg, librtmp and Flash all expect it.
    if (extended) at = target.writeUInt32BE(timestamp, at);
  }
}

/** One message as a buffer of its own; see {@link writeChunked}. */
export function encodeMessage(message: RtmpMessage, chunkSize: number): Buffer {
  const { payload, timestamp } = message;
  const target = Buffer.allocUnsafe(chunkedSize(payload.length, timestamp, chunkSize));
  writeChunked(target, 0, message, payload, chunkSize);
  return target;
}
