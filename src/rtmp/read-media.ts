import { METADATA_SLOT, type MediaPacket } from '../model/media.ts';
import { inspectAudio } from '../protocol/flv/audio.ts';
import { parseDataMessage } from '../protocol/flv/metadata.ts';
import { inspectVideo } from '../protocol/flv/video.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import type { Publication } from '../streams/hub.ts';

/** Longest decoder configuration that is kept for joiners, in bytes. */
export const MAX_CONFIGURATION_BYTES: number = 64 * 1024;

/** Longest metadata message that is kept for joiners, in bytes. */
const MAX_METADATA_BYTES: number = 64 * 1024;

/** Receiver of a publisher's media. */
export type MediaConsumer = Pick<Publication, 'write' | 'clearMetadata'>;

/**
 * Turns a publisher's audio, video or data message into what the stream takes, and gives it that. Returns how
 * many packets there were; an empty message says nothing.
 */
export function readMedia(message: RtmpMessage, consumer: MediaConsumer): number {
  if (message.payload.length === 0) return 0;
  switch (message.type) {
    case MESSAGE_TYPE.audio:
      consumer.write(audioPacket(message));
      return 1;
    case MESSAGE_TYPE.video:
      consumer.write(videoPacket(message));
      return 1;
    case MESSAGE_TYPE.dataAmf0:
    case MESSAGE_TYPE.dataAmf3:
      return readData(message, consumer);
    default:
      return 0;
  }
}

/** Decoder configuration: it stays for long, and must not keep what it was cut from in memory. */
function headerPacket(
  kind: 'audio' | 'video',
  { timestamp, payload }: RtmpMessage,
  slot: string,
): MediaPacket {
  const kept = payload.length <= MAX_CONFIGURATION_BYTES;
  return {
    kind,
    timestamp,
    payload: kept ? Buffer.from(payload) : payload,
    keyframe: false,
    headerSlot: kept ? slot : undefined,
  };
}

function audioPacket(message: RtmpMessage): MediaPacket {
  const { timestamp, payload } = message;
  const { trackId, sequenceHeader, channelConfig } = inspectAudio(payload);
  if (!sequenceHeader) return { kind: 'audio', timestamp, payload, keyframe: false, headerSlot: undefined };
  const slot = channelConfig ? `audio:${trackId}:channels` : `audio:${trackId}`;
  return headerPacket('audio', message, slot);
}

function videoPacket(message: RtmpMessage): MediaPacket {
  const { timestamp, payload } = message;
  const { trackId, sequenceHeader, keyframe } = inspectVideo(payload);
  if (sequenceHeader) return headerPacket('video', message, `video:${trackId}`);
  // A GOP begins with the main track's keyframe; those of other tracks come beside it.
  const isStart = keyframe && trackId === 0;
  return { kind: 'video', timestamp, payload, keyframe: isStart, headerSlot: undefined };
}

/** `@clearDataFrame` is no packet: it says that joiners shall get no metadata. */
function readData(message: RtmpMessage, consumer: MediaConsumer): number {
  const data = parseDataMessage(message);
  if (data.kind === 'clear') {
    consumer.clearMetadata();
    return 0;
  }
  const { timestamp } = message;
  const { payload } = data;
  const kept = data.kind === 'metadata' && payload.length <= MAX_METADATA_BYTES;
  const headerSlot = kept ? METADATA_SLOT : undefined;
  consumer.write({ kind: 'data', timestamp, payload, keyframe: false, headerSlot });
  return 1;
}
