import { decodeAmf0 } from '../amf0/decode.ts';
import { encodeAmf0 } from '../amf0/encode.ts';
import type { AmfValue } from '../amf0/value.ts';
import { ProtocolError } from '../errors.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message.ts';

/** A command message (RTMP 7.1.1): a request, an answer (`_result`, `_error`) or a notice (`onStatus`). */
export interface Command {
  readonly name: string;
  /** Ties an answer to its request; 0 where none is expected. */
  readonly transactionId: number;
  /** Values after the transaction id: the command object (often null), then the arguments. */
  readonly args: readonly AmfValue[];
}

/**
 * Offset at which the AMF0 values of a message begin. The AMF3 message types put one byte before them, 0 as long as the values
 * are still AMF0, which is all that Flash and its imitators ever send there. No command or data begins with a number,
 * so a 0 cannot be anything else.
 */
function amf0Start(message: RtmpMessage, amf3Type: number): 0 | 1 {
  return message.type === amf3Type && message.payload[0] === 0 ? 1 : 0;
}

/**
 * Decodes a message of type 20 or 17. `ProtocolError` `command` when it has no name or an impossible transaction id,
 * `amf0` or `amf0_limit` when its values are malformed.
 */
export function decodeCommand(message: RtmpMessage): Command {
  const { type, payload } = message;
  if (type !== MESSAGE_TYPE.commandAmf0 && type !== MESSAGE_TYPE.commandAmf3) {
    throw new TypeError(`message type ${type} is not a command`);
  }
  const [name, transactionId = 0, ...args] = decodeAmf0(
    payload,
    amf0Start(message, MESSAGE_TYPE.commandAmf3),
  );
  if (typeof name !== 'string' || name === '') throw new ProtocolError('command', 'A command has no name');
  if (typeof transactionId !== 'number') {
    throw new ProtocolError('command', 'A command has a transaction id that is not a number');
  }
  return { name, transactionId, args };
}

/** The payload of a command message of type 20. */
export function encodeCommand(name: string, transactionId: number, ...args: readonly AmfValue[]): Buffer {
  return encodeAmf0(name, transactionId, ...args);
}

/** The values of a data message, type 18 or 15 (RTMP 7.1.2). `ProtocolError` `amf0` or `amf0_limit`. */
export function decodeData(message: RtmpMessage): AmfValue[] {
  const { type, payload } = message;
  if (type !== MESSAGE_TYPE.dataAmf0 && type !== MESSAGE_TYPE.dataAmf3) {
    throw new TypeError(`message type ${type} is not data`);
  }
  return decodeAmf0(payload, amf0Start(message, MESSAGE_TYPE.dataAmf3));
}
