import { AMF0_MARKER } from '../amf0/value.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../rtmp/message.ts';

/** Meaning of a data message for a stream. Payloads are AMF0 as players get them, and views of the message's payload. */
export type DataMessage =
  | { readonly kind: 'metadata'; readonly payload: Buffer }
  | { readonly kind: 'clear' }
  | { readonly kind: 'other'; readonly payload: Buffer };

const SET_DATA_FRAME = amf0String('@setDataFrame');
const CLEAR_DATA_FRAME = amf0String('@clearDataFrame');
const ON_META_DATA = amf0String('onMetaData');

/**
 * Sorts a data message (type 18 or 15). A publisher says `@setDataFrame`, `onMetaData`, values; a player gets the same
 * without `@setDataFrame`. Looks at the names alone and never throws: values are checked by whoever decodes them.
 */
export function parseDataMessage(message: RtmpMessage): DataMessage {
  let { payload } = message;
  // The AMF3 type puts a byte of 0 before AMF0 values; see decodeData.
  if (message.type === MESSAGE_TYPE.dataAmf3 && payload[0] === 0) payload = payload.subarray(1);
  if (startsWith(payload, CLEAR_DATA_FRAME)) return { kind: 'clear' };
  if (startsWith(payload, SET_DATA_FRAME)) payload = payload.subarray(SET_DATA_FRAME.length);
  return { kind: startsWith(payload, ON_META_DATA) ? 'metadata' : 'other', payload };
}

function amf0String(text: string): Buffer {
  return Buffer.concat([Buffer.of(AMF0_MARKER.string, 0, text.length), Buffer.from(text)]);
}

function startsWith(payload: Buffer, start: Buffer): boolean {
  return payload.length >= start.length && payload.compare(start, 0, start.length, 0, start.length) === 0;
}
