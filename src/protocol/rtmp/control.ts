import { ProtocolError } from '../errors.ts';
import { CSID, MESSAGE_TYPE, type RtmpMessage } from './message.ts';

/** Limit types of a Set Peer Bandwidth (RTMP 5.4.5). */
export const BANDWIDTH_LIMIT = { hard: 0, soft: 1, dynamic: 2 } as const;

/** Event types of User Control (RTMP 7.1.7). */
export const USER_CONTROL = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/** A User Control message as read. */
export interface UserControl {
  /** One of {@link USER_CONTROL}, or an event of which we know nothing. */
  readonly event: number;
  /** The message stream id, or the timestamp of a ping; 0 for events of which we know nothing. */
  readonly value: number;
  /** Milliseconds; only with `setBufferLength`, else 0. */
  readonly bufferLength: number;
}

/** Protocol control goes on chunk stream 2 and message stream 0, and its timestamp is ignored (RTMP 5.4). */
function controlMessage(type: number, payload: Buffer): RtmpMessage {
  return { type, timestamp: 0, streamId: 0, csid: CSID.control, payload };
}

function uint32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value, 0);
  return payload;
}

/** RTMP 5.4.1: our chunks will be `size` bytes (1..0x7fffffff) from the next one on. */
export function setChunkSize(size: number): RtmpMessage {
  return controlMessage(MESSAGE_TYPE.setChunkSize, uint32(size));
}

/** RTMP 5.4.3: `bytes` received so far, modulo 2^32. */
export function acknowledgement(bytes: number): RtmpMessage {
  return controlMessage(MESSAGE_TYPE.acknowledgement, uint32(bytes >>> 0));
}

/** RTMP 5.4.4: acknowledge after each `size` bytes. */
export function windowAckSize(size: number): RtmpMessage {
  return controlMessage(MESSAGE_TYPE.windowAckSize, uint32(size));
}

/** RTMP 5.4.5: have at most `size` bytes unacknowledged on the way to us. `limit` is a {@link BANDWIDTH_LIMIT}. */
export function setPeerBandwidth(size: number, limit: 0 | 1 | 2 = BANDWIDTH_LIMIT.dynamic): RtmpMessage {
  return controlMessage(MESSAGE_TYPE.setPeerBandwidth, Buffer.concat([uint32(size), Buffer.of(limit)]));
}

function userControl(event: number, ...values: readonly number[]): RtmpMessage {
  return controlMessage(
    MESSAGE_TYPE.userControl,
    Buffer.concat([Buffer.of(0, event), ...values.map(uint32)]),
  );
}

/** RTMP 7.1.7: the message stream can be used from now on. */
export function streamBegin(streamId: number): RtmpMessage {
  return userControl(USER_CONTROL.streamBegin, streamId);
}

/** RTMP 7.1.7: playback on the message stream is over. */
export function streamEof(streamId: number): RtmpMessage {
  return userControl(USER_CONTROL.streamEof, streamId);
}

/** RTMP 7.1.7: there has been no data on the message stream for a while. */
export function streamDry(streamId: number): RtmpMessage {
  return userControl(USER_CONTROL.streamDry, streamId);
}

/** RTMP 7.1.7: the client buffers `milliseconds` of the message stream. */
export function setBufferLength(streamId: number, milliseconds: number): RtmpMessage {
  return userControl(USER_CONTROL.setBufferLength, streamId, milliseconds);
}

/** RTMP 7.1.7: the message stream is a recording. */
export function streamIsRecorded(streamId: number): RtmpMessage {
  return userControl(USER_CONTROL.streamIsRecorded, streamId);
}

/** RTMP 7.1.7: answer with the same `timestamp` (uint32). */
export function pingRequest(timestamp: number): RtmpMessage {
  return userControl(USER_CONTROL.pingRequest, timestamp);
}

/** RTMP 7.1.7: the answer to a ping that carried `timestamp`. */
export function pingResponse(timestamp: number): RtmpMessage {
  return userControl(USER_CONTROL.pingResponse, timestamp);
}

function demand(payload: Buffer, length: number, what: string): void {
  if (payload.length < length) {
    throw new ProtocolError('control', `${what} has ${payload.length} bytes, it needs ${length}`);
  }
}

/**
 * The one number of an Acknowledgement (bytes received, modulo 2^32) or of a Window Acknowledgement Size (bytes).
 * `ProtocolError` `control` when too short.
 */
export function parseUint32({ type, payload }: RtmpMessage): number {
  demand(payload, 4, `A control message of type ${type}`);
  return payload.readUInt32BE(0);
}

/** A Set Peer Bandwidth: bytes, and a {@link BANDWIDTH_LIMIT}. `ProtocolError` `control` when too short. */
export function parseSetPeerBandwidth({ payload }: RtmpMessage): { size: number; limit: number } {
  demand(payload, 5, 'Set Peer Bandwidth');
  return { size: payload.readUInt32BE(0), limit: payload.readUInt8(4) };
}

/** A User Control message. `ProtocolError` `control` when an event that we know is too short. */
export function parseUserControl({ payload }: RtmpMessage): UserControl {
  demand(payload, 2, 'User Control');
  const event = payload.readUInt16BE(0);
  // Flash peers send private events (26 with one byte of data); those are nobody's error.
  if (!KNOWN_EVENTS.has(event)) return { event, value: 0, bufferLength: 0 };
  const buffered = event === USER_CONTROL.setBufferLength;
  demand(payload, buffered ? 10 : 6, `User Control event ${event}`);
  return { event, value: payload.readUInt32BE(2), bufferLength: buffered ? payload.readUInt32BE(6) : 0 };
}

const KNOWN_EVENTS: ReadonlySet<number> = new Set(Object.values(USER_CONTROL));
