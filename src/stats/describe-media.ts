import type { MediaPacket } from '../model/media-packet.ts';
import type { AudioFacts, VideoFacts } from '../model/stats.ts';
import { inspectAudio } from '../protocol/flv/audio.ts';
import { inspectVideo } from '../protocol/flv/video.ts';
import { TrackReader } from '../remux/track-reader.ts';
import { describeAudio, describeVideo } from './name-codec.ts';

/** The main video track and the main audio track of a publish. */
export interface MediaFacts {
  readonly video: Omit<VideoFacts, 'fps' | 'gopMs'> | undefined;
  readonly audio: AudioFacts | undefined;
}

/** What packets tell of the codecs: decoder configurations, and video and audio where there are none. */
export function describeMedia(packets: readonly MediaPacket[]): MediaFacts {
  const reader = new TrackReader();
  let video: MediaFacts['video'];
  let audio: MediaFacts['audio'];
  for (const packet of packets) {
    for (const event of reader.read(packet)) {
      if (event.type !== 'config') continue;
      const { track } = event;
      if (track.kind === 'video') video ??= describeVideo(track.codec, track.decoderConfig);
      else audio ??= describeAudio(track.codec, track.decoderConfig);
    }
  }
  return { video: video ?? unreadVideo(packets), audio: audio ?? unreadAudio(packets) };
}

/** A codec of which no more than its name can be read. */
function unreadVideo(packets: readonly MediaPacket[]): MediaFacts['video'] {
  const packet = packets.find(({ kind }) => kind === 'video');
  if (!packet) return undefined;
  return { codec: inspectVideo(packet.payload).codec, profile: '', level: '', width: 0, height: 0 };
}

function unreadAudio(packets: readonly MediaPacket[]): AudioFacts | undefined {
  const packet = packets.find(({ kind }) => kind === 'audio');
  if (!packet) return undefined;
  return { codec: inspectAudio(packet.payload).codec, sampleRate: 0, channels: 0, profile: '' };
}
