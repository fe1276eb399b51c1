/** FIN and the opcode of a binary message (RFC 6455, 5.2). */
const WHOLE_BINARY_MESSAGE = 0x82;
/** Longest payload whose length fits the head's own seven bits. */
const SHORT = 125;
/** These say that the length follows, in 16 or in 64 bits. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes of the head of an unmasked frame, as a server sends it. */
export function frameHeadSize(payloadLength: number): number {
  if (payloadLength <= SHORT) return 2;
  return payloadLength <= 0xffff ? 4 : 10;
}

/** Writes the head of a frame that is a whole binary message, and returns the offset behind it. */
export function writeFrameHead(target: Buffer, offset: number, payloadLength: number): number {
  const at = target.writeUInt8(WHOLE_BINARY_MESSAGE, offset);
  if (payloadLength <= SHORT) return target.writeUInt8(payloadLength, at);
  if (payloadLength <= 0xffff) return target.writeUInt16BE(payloadLength, target.writeUInt8(LENGTH_16, at));
  return target.writeBigUInt64BE(BigInt(payloadLength), target.writeUInt8(LENGTH_64, at));
}
