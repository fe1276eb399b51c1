import { METADATA_SLOT, type MediaPacket } from '../../model/media.ts';
import { flvTagSize, writeFlvTag } from '../../protocol/flv/tag.ts';
import { chunkBytes, writeChunkEnd, writeChunkHead } from '../../protocol/http-chunk.ts';
import { frameHeadSize, writeFrameHead } from '../../protocol/websocket.ts';
import type { Serializer } from '../../streams/sink.ts';

/** Framing of a piece of a body by its protocol. Bytes of whole pieces go together as they are, wherever they are cut. */
export interface Framing {
  readonly name: 'plain' | 'chunked' | 'websocket';
  /** Bytes of a piece with what is around it. */
  size(length: number): number;
  /** Writes what stands before a piece, and returns the offset behind it. */
  beginPiece(target: Buffer, offset: number, length: number): number;
  /** Writes what stands behind a piece, and returns the offset behind it. */
  endPiece(target: Buffer, offset: number): number;
}

const nothing = (_target: Buffer, offset: number): number => offset;

/** A body of HTTP/1.0, which goes on until the connection ends. */
export const PLAIN: Framing = {
  name: 'plain',
  size: (length) => length,
  beginPiece: nothing,
  endPiece: nothing,
};

/** A body of HTTP/1.1, whose end can be told from a broken connection. */
export const CHUNKED: Framing = {
  name: 'chunked',
  size: chunkBytes,
  beginPiece: writeChunkHead,
  endPiece: writeChunkEnd,
};

/** Messages over WebSocket. */
export const WEBSOCKET: Framing = {
  name: 'websocket',
  size: (length) => frameHeadSize(length) + length,
  beginPiece: writeFrameHead,
  endPiece: nothing,
};

/** A piece with what is around it. */
export function framed(framing: Framing, piece: Buffer): Buffer {
  const target = Buffer.alloc(framing.size(piece.length));
  const at = framing.beginPiece(target, 0, piece.length);
  framing.endPiece(target, at + piece.copy(target, at));
  return target;
}

/** Parameters of the bytes for an FLV viewer. Viewers with equal ones share their bytes. */
export interface FlvFormat {
  /** Put around each tag, so that shared bytes are whole pieces wherever they are cut. */
  readonly framing: Framing;
  readonly audio: boolean;
  readonly video: boolean;
}

const TAG_TYPE = { audio: 8, video: 9, data: 18 } as const;

/** FLV tags, one for each packet. */
export function flvSerializer({ framing, ...kinds }: FlvFormat): Serializer {
  const wanted = ({ kind }: MediaPacket) => kind === 'data' || kinds[kind];
  return {
    id: `flv:${framing.name}${kinds.audio ? '' : ':mute'}${kinds.video ? '' : ':blind'}`,
    size: (packet) => (wanted(packet) ? framing.size(flvTagSize(packet.payload.length)) : 0),
    write(target, offset, { kind, timestamp, payload, headerSlot }) {
      const at = framing.beginPiece(target, offset, flvTagSize(payload.length));
      // ffmpeg takes metadata for subtitles if they say any other time than that of a file's beginning.
      const time = headerSlot === METADATA_SLOT ? 0 : timestamp;
      return framing.endPiece(target, writeFlvTag(target, at, TAG_TYPE[kind], time, payload));
    },
  };
}
