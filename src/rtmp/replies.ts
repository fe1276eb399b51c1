import type { AmfObject, AmfValue } from '../protocol/amf0/value.ts';
import { encodeCommand } from '../protocol/rtmp/command.ts';
import { CSID, MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { STATUS, type StatusCode, statusInfo } from '../protocol/rtmp/status.ts';

/** A command on message stream `streamId`, ready to send. */
export function command(
  streamId: number,
  name: string,
  transactionId: number,
  ...args: readonly AmfValue[]
): RtmpMessage {
  const payload = encodeCommand(name, transactionId, ...args);
  return { type: MESSAGE_TYPE.commandAmf0, timestamp: 0, streamId, csid: CSID.command, payload };
}

/** `_result` of a call. */
export function result(transactionId: number, ...values: readonly AmfValue[]): RtmpMessage {
  return command(0, '_result', transactionId, ...values);
}

/** `_error` of a call. */
export function failure(transactionId: number, info: AmfObject): RtmpMessage {
  return command(0, '_error', transactionId, null, info);
}

/** `onStatus` on a message stream (RTMP 7.2.2); `details` are added to the info object. */
export function onStatus(
  streamId: number,
  level: 'status' | 'error',
  code: StatusCode,
  description: string,
  details: AmfObject = {},
): RtmpMessage {
  return command(streamId, 'onStatus', 0, null, { ...statusInfo(level, code, description), ...details });
}

/**
 * Enhanced RTMP v2: what this server can do with a codec is forward it (CanForward, 4), and that with every one.
 * Multitrack (2), ModEx (4) and nanosecond offsets (8) pass through untouched.
 */
const ENHANCED: AmfObject = {
  capsEx: 2 | 4 | 8,
  videoFourCcInfoMap: { '*': 4 },
  audioFourCcInfoMap: { '*': 4 },
};

/** `_result` of `connect` (RTMP 7.2.1.1), with Enhanced RTMP's properties for a client that announced its own. */
export function connectResult(transactionId: number, client: AmfObject): RtmpMessage {
  const offered = client['fourCcList'];
  const enhanced = offered !== undefined || client['capsEx'] !== undefined;
  const fourCcList = Array.isArray(offered) ? offered.filter((item) => typeof item === 'string') : ['*'];
  const properties: AmfObject = { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 };
  const info = statusInfo('status', STATUS.connectSuccess, 'Connection succeeded.');
  // AMF0 whatever the client asked for: a client that would like AMF3 takes that as a no and speaks AMF0.
  return result(transactionId, enhanced ? { ...properties, fourCcList, ...ENHANCED } : properties, {
    ...info,
    objectEncoding: 0,
    ...(enhanced ? { fourCcList, ...ENHANCED } : {}),
  });
}
