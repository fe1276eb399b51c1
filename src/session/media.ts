import { METADATA_SLOT, type MediaPacket } from '../model/media-packet.ts';
import { inspectAudio } from '../protocol/flv/audio.ts';
import { parseDataMessage } from '../protocol/flv/metadata.ts';
import { inspectVideo } from '../protocol/flv/video.ts';
import { splitAggregate } from '../protocol/rtmp/aggregate.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { MAX_METADATA_BYTES } from './limits.ts';

/** What a publisher's message means to the stream. */
export type MediaInput =
  | { readonly kind: 'packet'; readonly packet: MediaPacket }
  /** `@clearDataFrame`: joiners shall get no metadata. */
  | { readonly kind: 'clear metadata' };

/** Turns a publisher's audio, video, data or aggregate message into what the stream takes. Empty messages say nothing. */
export function* readMedia(message: RtmpMessage): Generator<MediaInput> {
  if (message.payload.length === 0) return;
  switch (message.type) {
    case MESSAGE_TYPE.audio:
      yield { kind: 'packet', packet: audioPacket(message) };
      return;
    case MESSAGE_TYPE.video:
      yield { kind: 'packet', packet: videoPacket(message) };
      return;
    case MESSAGE_TYPE.dataAmf0:
    case MESSAGE_TYPE.dataAmf3:
      yield dataInput(message);
      return;
    case MESSAGE_TYPE.aggregate:
      for (const part of splitAggregate(message)) {
        if (part.type !== MESSAGE_TYPE.aggregate) yield* readMedia(part);
      }
      return;
    default:
  }
}

/** Decoder configuration stays for long, and must not keep what it was cut from in memory. */
function lasting(payload: Buffer): Buffer {
  return Buffer.from(payload);
}

function audioPacket({ timestamp, payload }: RtmpMessage): MediaPacket {
  const { trackId, sequenceHeader, channelConfig } = inspectAudio(payload);
  const slot = channelConfig ? `audio:${trackId}:channels` : `audio:${trackId}`;
  return {
    kind: 'audio',
    timestamp,
    payload: sequenceHeader ? lasting(payload) : payload,
    keyframe: false,
    headerSlot: sequenceHeader ? slot : undefined,
  };
}

function videoPacket({ timestamp, payload }: RtmpMessage): MediaPacket {
  const { trackId, sequenceHeader, keyframe } = inspectVideo(payload);
  const headerSlot = sequenceHeader ? `video:${trackId}` : undefined;
  // A GOP begins with the main track's keyframe; those of other tracks come beside it.
  return {
    kind: 'video',
    timestamp,
    payload: sequenceHeader ? lasting(payload) : payload,
    keyframe: keyframe && trackId === 0,
    headerSlot,
  };
}

function dataInput(message: RtmpMessage): MediaInput {
  const data = parseDataMessage(message);
  if (data.kind === 'clear') return { kind: 'clear metadata' };
  const { timestamp } = message;
  const { payload } = data;
  const kept = data.kind === 'metadata' && payload.length <= MAX_METADATA_BYTES;
  const headerSlot = kept ? METADATA_SLOT : undefined;
  return { kind: 'packet', packet: { kind: 'data', timestamp, payload, keyframe: false, headerSlot } };
}
