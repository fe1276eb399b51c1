import { chunkBytes, writeChunkEnd, writeChunkHead } from '../../protocol/http-chunk.ts';
import { frameHeadSize, writeFrameHead } from '../../protocol/websocket.ts';

/** What a protocol puts around a piece of its body. Bytes of whole pieces go together as they are, wherever they are cut. */
export interface Framing {
  readonly name: 'plain' | 'chunked' | 'websocket';
  /** Bytes of a piece with what is around it. */
  size(length: number): number;
  /** Writes what stands before a piece, and returns the offset behind it. */
  begin(target: Buffer, offset: number, length: number): number;
  /** Writes what stands behind a piece, and returns the offset behind it. */
  end(target: Buffer, offset: number): number;
}

const nothing = (_target: Buffer, offset: number): number => offset;

/** A body of HTTP/1.0, which goes on until the connection ends. */
export const PLAIN: Framing = { name: 'plain', size: (length) => length, begin: nothing, end: nothing };

/** A body of HTTP/1.1, whose end can be told from a broken connection. */
export const CHUNKED: Framing = {
  name: 'chunked',
  size: chunkBytes,
  begin: writeChunkHead,
  end: writeChunkEnd,
};

/** Messages over WebSocket. */
export const WEBSOCKET: Framing = {
  name: 'websocket',
  size: (length) => frameHeadSize(length) + length,
  begin: writeFrameHead,
  end: nothing,
};

/** A piece with what is around it. */
export function framed(framing: Framing, piece: Buffer): Buffer {
  const target = Buffer.alloc(framing.size(piece.length));
  const at = framing.begin(target, 0, piece.length);
  framing.end(target, at + piece.copy(target, at));
  return target;
}
