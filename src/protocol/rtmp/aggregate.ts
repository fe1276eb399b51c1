import { ProtocolError } from '../errors.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message.ts';

const HEADER = 11;
const BACK_POINTER = 4;

/**
 * The messages within an aggregate (RTMP 7.1.6). Their stream id is the aggregate's, and their times keep their
 * distances while the first takes the aggregate's time. Payloads are views of the aggregate's payload.
 * `ProtocolError` `aggregate` when a part is cut off or is an aggregate itself.
 */
export function* splitAggregate(message: RtmpMessage): Generator<RtmpMessage> {
  const { payload, streamId, csid } = message;
  let shift: number | undefined;
  for (let at = 0; at < payload.length; ) {
    if (payload.length - at < HEADER) {
      throw new ProtocolError(
        'aggregate',
        `The header of a message in an aggregate has ${payload.length - at} bytes, not ${HEADER}`,
      );
    }
    const type = payload.readUInt8(at);
    const length = payload.readUIntBE(at + 1, 3);
    // As in an FLV tag, the high byte of the time comes last.
    const time = payload.readUIntBE(at + 4, 3) + payload.readUInt8(at + 7) * 0x1000000;
    const start = at + HEADER;
    if (type === MESSAGE_TYPE.aggregate)
      throw new ProtocolError('aggregate', 'An aggregate contains an aggregate');
    if (length > payload.length - start) {
      throw new ProtocolError(
        'aggregate',
        `A message of ${length} bytes is in an aggregate with ${payload.length - start} left`,
      );
    }
    shift ??= message.timestamp - time;
    yield {
      type,
      timestamp: (time + shift) >>> 0,
      streamId,
      csid,
      payload: payload.subarray(start, start + length),
    };
    // The back pointer repeats what we know. Some senders leave the last one out.
    at = start + length + BACK_POINTER;
  }
}
