/** Digits of a chunk's size, leading zeros and all (RFC 9112, 7.1): enough for 16 MB. */
const DIGITS = 6;
const HEAD_BYTES = DIGITS + 2;
const CR = 0x0d;
const LF = 0x0a;

/** The chunk that ends a body. */
export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n', 'latin1');

/** Bytes of a chunk of HTTP's chunked coding that holds so many. */
export function chunkBytes(payloadLength: number): number {
  return HEAD_BYTES + payloadLength + 2;
}

/** Writes what stands before the payload of a chunk, and returns the offset behind it. */
export function writeChunkHead(target: Buffer, offset: number, payloadLength: number): number {
  const at = offset + target.write(payloadLength.toString(16).padStart(DIGITS, '0'), offset, 'latin1');
  return writeCrlf(target, at);
}

/** Writes what stands behind the payload, and returns the offset behind it. */
export function writeChunkEnd(target: Buffer, offset: number): number {
  return writeCrlf(target, offset);
}

function writeCrlf(target: Buffer, offset: number): number {
  return target.writeUInt8(LF, target.writeUInt8(CR, offset));
}
