export { decodeAmf0 } from './amf0/decode.ts';
export { encodeAmf0 } from './amf0/encode.ts';
export { type AmfObject, type AmfValue, EcmaArray } from './amf0/value.ts';
export { ByteQueue } from './bytes/byte-queue.ts';
export { ByteWriter } from './bytes/byte-writer.ts';
export type { RandomBytes } from './bytes/random.ts';
export { PROTOCOL_ERROR_CODES, ProtocolError, type ProtocolErrorCode } from './errors.ts';
export { type AudioInfo, inspectAudio } from './flv/audio.ts';
export { type DataMessage, parseDataMessage } from './flv/metadata.ts';
export { flvHeader, flvTagSize, writeFlvTag } from './flv/tag.ts';
export { inspectVideo, type VideoInfo } from './flv/video.ts';
export { splitAggregate } from './rtmp/aggregate.ts';
export { ChunkDecoder, type ChunkLimits } from './rtmp/chunk-decoder.ts';
export { chunkedSize, encodeMessage, type MessageHeader, writeChunked } from './rtmp/chunk-encoder.ts';
export { type Command, decodeCommand, decodeData, encodeCommand } from './rtmp/command.ts';
export {
  acknowledgement,
  BANDWIDTH_LIMIT,
  parseSetPeerBandwidth,
  parseUint32,
  parseUserControl,
  pingRequest,
  pingResponse,
  setBufferLength,
  setChunkSize,
  setPeerBandwidth,
  streamBegin,
  streamDry,
  streamEof,
  streamIsRecorded,
  USER_CONTROL,
  type UserControl,
  windowAckSize,
} from './rtmp/control.ts';
export type { DigestSchema } from './rtmp/handshake.ts';
export { ClientHandshake, type HandshakeStep, ServerHandshake } from './rtmp/handshake.ts';
export { CSID, MESSAGE_TYPE, type RtmpMessage } from './rtmp/message.ts';
export { STATUS, type StatusCode, statusInfo } from './rtmp/status.ts';
