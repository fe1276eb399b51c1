import type { MediaPacket } from '../model/media.ts';
import { chunkedSize, writeChunked } from '../protocol/rtmp/chunk-encoder.ts';
import { CSID, MESSAGE_TYPE } from '../protocol/rtmp/message.ts';
import type { Serializer } from '../streams/sink.ts';

/** What the bytes for an RTMP player depend on. Players with equal ones share their bytes. */
export interface RtmpFormat {
  readonly chunkSize: number;
  readonly streamId: number;
  /** False leaves audio out (`receiveAudio false`). */
  readonly audio: boolean;
  /** False leaves video out (`receiveVideo false`). */
  readonly video: boolean;
}

const HEADER = {
  audio: { csid: CSID.audio, type: MESSAGE_TYPE.audio },
  video: { csid: CSID.video, type: MESSAGE_TYPE.video },
  data: { csid: CSID.data, type: MESSAGE_TYPE.dataAmf0 },
} as const;

/** Chunks with absolute timestamps and full headers: the same bytes for every player of the format. */
export function rtmpSerializer(format: RtmpFormat): Serializer {
  const { chunkSize, streamId } = format;
  const wanted = (packet: MediaPacket) => packet.kind === 'data' || format[packet.kind];
  return {
    id: `rtmp:${chunkSize}:${streamId}${format.audio ? '' : ':mute'}${format.video ? '' : ':blind'}`,
    size: (packet) => (wanted(packet) ? chunkedSize(packet.payload.length, packet.timestamp, chunkSize) : 0),
    write(target, offset, { kind, timestamp, payload }) {
      const { csid, type } = HEADER[kind];
      return writeChunked(target, offset, { csid, type, streamId, timestamp }, payload, chunkSize);
    },
  };
}
