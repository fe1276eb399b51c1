import type { MediaPacket } from '../model/media.ts';
import type { AudioFacts, VideoFacts } from '../model/stats.ts';
import { inspectAudio } from '../protocol/flv/audio.ts';
import { inspectVideo } from '../protocol/flv/video.ts';
import type { AudioConfig, TrackConfig, VideoConfig } from '../remux/track.ts';
import { TrackReader } from '../remux/track-reader.ts';

/** The main video track and the main audio track of a publish. */
export interface MediaFacts {
  readonly video: Omit<VideoFacts, 'fps' | 'gopMs'> | undefined;
  readonly audio: AudioFacts | undefined;
}

/** Facts of the codecs from packets: decoder configurations, and video and audio where there are none. */
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

/** Codecs as SRS writes them. */
const NAMES: Readonly<Record<TrackConfig['codec'], string>> = {
  avc: 'H264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC3',
  eac3: 'EAC3',
};

/** ISO 14496-10 annex A. */
const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High10',
  122: 'High422',
  144: 'High444',
  244: 'High444Predictive',
};
const HEVC_PROFILES: Readonly<Record<string, string>> = {
  1: 'Main',
  2: 'Main10',
  3: 'MainStillPicture',
  4: 'Rext',
};
const AV1_PROFILES: Readonly<Record<string, string>> = { 0: 'Main', 1: 'High', 2: 'Professional' };
const AAC_PROFILES: Readonly<Record<string, string>> = { 1: 'Main', 2: 'LC', 3: 'SSR', 5: 'HE', 29: 'HEv2' };

/** Describes a decoder configuration for a person. */
export function describeVideo(
  codec: TrackConfig['codec'],
  { codec: text, codedWidth, codedHeight }: VideoConfig,
): Omit<VideoFacts, 'fps' | 'gopMs'> {
  return { codec: NAMES[codec], ...profileAndLevel(text), width: codedWidth, height: codedHeight };
}

/** Describes a decoder configuration for a person. */
export function describeAudio(
  codec: TrackConfig['codec'],
  { codec: text, sampleRate, numberOfChannels }: AudioConfig,
): AudioFacts {
  const object = /^mp4a\.40\.(\d+)$/.exec(text)?.[1];
  const profile = object === undefined ? '' : (AAC_PROFILES[object] ?? object);
  return { codec: NAMES[codec], sampleRate, channels: numberOfChannels, profile };
}

/** Both stand in the codec's name after RFC 6381: `avc1.64001f`, `hvc1.1.6.L93.B0`, `av01.0.04M.08`. */
function profileAndLevel(text: string): { readonly profile: string; readonly level: string } {
  const avc = /^avc1\.([\da-f]{2})[\da-f]{2}([\da-f]{2})$/i.exec(text);
  if (avc) {
    const [profile, level] = [Number.parseInt(avc[1] ?? '', 16), Number.parseInt(avc[2] ?? '', 16)];
    return { profile: AVC_PROFILES[profile] ?? String(profile), level: tenths(level) };
  }
  const hevc = /^h[ve][cv]1\.[A-C]?(\d+)\.[\da-f]+\.[LH](\d+)/i.exec(text);
  if (hevc) {
    const [, profile = '', level = ''] = hevc;
    return { profile: HEVC_PROFILES[profile] ?? profile, level: tenths(Math.round(Number(level) / 3)) };
  }
  const av1 = /^av01\.(\d)\.(\d\d)[MH]/.exec(text);
  if (av1) {
    const [, profile = '', level = ''] = av1;
    const index = Number(level);
    return { profile: AV1_PROFILES[profile] ?? profile, level: `${2 + (index >> 2)}.${index & 3}` };
  }
  return { profile: '', level: '' };
}

/** 31 is 3.1, 40 is 4. */
function tenths(level: number): string {
  return String(level / 10);
}
