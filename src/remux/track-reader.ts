import type { MediaPacket } from '../model/media.ts';
import { isCommonAac, readAacConfig } from '../protocol/codec/aac.ts';
import { readAc3Frame, readEac3Frame } from '../protocol/codec/ac3.ts';
import { findAv1Size, readAv1Record } from '../protocol/codec/av1.ts';
import { readAvcRecord } from '../protocol/codec/avc.ts';
import { readFlacHeader } from '../protocol/codec/flac.ts';
import type { AudioFormat, VideoFormat, VideoSize } from '../protocol/codec/format.ts';
import { readHevcRecord } from '../protocol/codec/hevc.ts';
import { readMp3Header } from '../protocol/codec/mp3.ts';
import { readOpusHead } from '../protocol/codec/opus.ts';
import { readVp8Size, readVp9Record, readVp9Size } from '../protocol/codec/vpx.ts';
import { readAudioBodies } from '../protocol/flv/audio.ts';
import type { TagBody } from '../protocol/flv/enhanced.ts';
import { readVideoBodies } from '../protocol/flv/video.ts';
import { StreamTime } from './stream-time.ts';
import type { AudioCodec, AudioConfig, TrackConfig, TrackEvent, VideoCodec, VideoConfig } from './track.ts';

/** Things that cannot be read of which one publish's reader tells; then it is silent. */
const MAX_LEFT_OUT = 16;

/** Tracks of one publish that are read; more are left out. */
const MAX_TRACKS = 8;

const VIDEO_CODECS: ReadonlySet<string> = new Set<VideoCodec>(['avc', 'hevc', 'av1', 'vp9', 'vp8']);
const AUDIO_CODECS: ReadonlySet<string> = new Set<AudioCodec>(['aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3']);

type Kind = TrackConfig['kind'];

type AudioTrack = Extract<TrackConfig, { kind: 'audio' }>;

/** State of one track. */
interface Track {
  codec: string;
  /** The record that was read last, and what it says of a picture. */
  record: Uint8Array | undefined;
  described: Described | undefined;
  config: TrackConfig | undefined;
  lastDtsMs: number;
}

const NOTHING: readonly TrackEvent[] = [];

/**
 * Turns the packets of one publish into track configurations and samples. A configuration comes before the first sample
 * that needs it, and again only when it has changed. Whatever cannot be read is left out and said once.
 */
export class TrackReader {
  readonly #leftOut: (what: string) => void;
  readonly #said = new Set<string>();
  readonly #tracks = new Map<string, Track>();
  readonly #time = new StreamTime();

  /** `leftOut` hears, once each, in a few words for a log, of what is in no track. */
  constructor(leftOut: (what: string) => void = () => undefined) {
    this.#leftOut = leftOut;
  }

  /** Events of a packet; none for metadata. Never throws. */
  read(packet: MediaPacket): readonly TrackEvent[] {
    const { kind, payload, timestamp } = packet;
    if (kind === 'data') return NOTHING;
    const bodies = kind === 'video' ? readVideoBodies(payload) : readAudioBodies(payload);
    const events: TrackEvent[] = [];
    let timeMs: number | undefined;
    for (const body of bodies) {
      const track = this.#track(kind, body);
      if (!track || body.data.length === 0) continue;
      if (body.type === 'config') {
        this.#configure(kind, track, body, events);
      } else {
        // Configurations may come with any time, so only samples move the clock.
        timeMs ??= this.#time.place(timestamp);
        this.#sample(kind, track, body, timeMs, events);
      }
    }
    return events;
  }

  #track(kind: Kind, { trackId, codec }: TagBody): Track | undefined {
    const known = kind === 'video' ? VIDEO_CODECS : AUDIO_CODECS;
    if (!known.has(codec)) {
      this.#say(`${kind} in ${codec}, which cannot be put into a file`);
      return undefined;
    }
    const name = `${kind}:${trackId}`;
    let track = this.#tracks.get(name);
    if (!track && this.#tracks.size >= MAX_TRACKS) {
      this.#say(`tracks beside the first ${MAX_TRACKS}`);
      return undefined;
    }
    if (!track || track.codec !== codec) {
      const lastDtsMs = track?.lastDtsMs ?? Number.NEGATIVE_INFINITY;
      track = { codec, record: undefined, described: undefined, config: undefined, lastDtsMs };
      this.#tracks.set(name, track);
    }
    return track;
  }

  #configure(kind: Kind, track: Track, { trackId, codec, data }: TagBody, events: TrackEvent[]): void {
    if (track.record && data.equals(track.record)) return;
    const record = Uint8Array.from(data);
    if (kind === 'audio') {
      const audio = describeAudio(codec as AudioCodec, record);
      if (audio) this.#announce(track, audioTrack(trackId, codec, audio), events);
      else this.#say(`${codec} whose configuration cannot be used`);
    } else {
      const video = describeVideo(codec as VideoCodec, record);
      track.described = video;
      if (!video) this.#say(`${codec} whose configuration cannot be used`);
      if (video?.size) {
        const config = videoConfig(video, video.size);
        this.#announce(track, videoTrack(trackId, codec, config), events);
      } else {
        // The size is in the next keyframe.
        track.config = undefined;
      }
    }
    track.record = record;
  }

  #sample(
    kind: Kind,
    track: Track,
    body: TagBody & { type: 'frames' },
    timeMs: number,
    events: TrackEvent[],
  ): void {
    const { keyframe, data, compositionMs } = body;
    if (kind === 'audio') this.#learnAudio(track, body, events);
    else if (keyframe) this.#learnVideo(track, body, events);
    if (!track.config) {
      if (!track.record) this.#say(`${body.codec} without configuration`);
      return;
    }
    const dtsMs = Math.max(timeMs, track.lastDtsMs);
    track.lastDtsMs = dtsMs;
    const ptsMs = dtsMs + compositionMs;
    events.push({ type: 'sample', sample: { track: track.config, data, keyframe, dtsMs, ptsMs } });
  }

  /** MP3 and AC-3 describe themselves in each frame. */
  #learnAudio(track: Track, { trackId, codec, data }: TagBody, events: TrackEvent[]): void {
    const audio = audioOfFrame(codec as AudioCodec, data);
    const old = track.config?.kind === 'audio' ? track.config.decoderConfig : undefined;
    if (!audio) return;
    if (old?.sampleRate === audio.sampleRate && old.numberOfChannels === audio.numberOfChannels) return;
    this.#announce(track, { ...audioTrack(trackId, codec, audio), frame: Uint8Array.from(data) }, events);
  }

  /** VP8 and VP9 have their size in each keyframe, AV1 may have it there. */
  #learnVideo(track: Track, { trackId, codec, data }: TagBody, events: TrackEvent[]): void {
    const described = track.described ?? (codec === 'vp8' ? VP8 : undefined);
    if (described === undefined) return;
    const size = sizeOfKeyframe(codec as VideoCodec, data);
    const old = track.config?.kind === 'video' ? track.config.decoderConfig : undefined;
    if (!size || (old?.codedWidth === size.width && old.codedHeight === size.height)) return;
    this.#announce(track, videoTrack(trackId, codec, videoConfig(described, size)), events);
  }

  #announce(track: Track, config: TrackConfig, events: TrackEvent[]): void {
    track.config = config;
    events.push({ type: 'config', track: config });
  }

  #say(what: string): void {
    if (this.#said.has(what) || this.#said.size >= MAX_LEFT_OUT) return;
    this.#said.add(what);
    this.#leftOut(what);
  }
}

function audioTrack(trackId: number, codec: string, decoderConfig: AudioConfig): AudioTrack {
  return { kind: 'audio', trackId, codec: codec as AudioCodec, decoderConfig };
}

function videoTrack(trackId: number, codec: string, decoderConfig: VideoConfig): TrackConfig {
  return { kind: 'video', trackId, codec: codec as VideoCodec, decoderConfig };
}

/** Facts of a video track from its decoder configuration record. */
interface Described {
  readonly codec: string;
  /** Undefined where a keyframe has to say it. */
  readonly size: VideoSize | undefined;
  /** The record, for containers that keep it. VP8 and VP9 have all in the codec string. */
  readonly description?: Uint8Array;
}

/** VP8 has no record. */
export const VP8: Described = { codec: 'vp8', size: undefined };

/** Reads a decoder configuration record; undefined if that fails. */
export function describeVideo(codec: VideoCodec, record: Uint8Array): Described | undefined {
  switch (codec) {
    case 'avc': {
      const format = readAvcRecord(record);
      return format && described(format, record.subarray(0, format.bytes));
    }
    case 'hevc': {
      const format = readHevcRecord(record);
      return format && described(format, record);
    }
    case 'av1': {
      const format = readAv1Record(record);
      return format && { ...format, description: record };
    }
    case 'vp9': {
      const string = readVp9Record(record);
      return string === undefined ? undefined : { codec: string, size: undefined };
    }
    case 'vp8':
      return VP8;
    default:
      return codec satisfies never;
  }
}

/** The size that a keyframe says; undefined where the record has to say it, or if that fails. */
function sizeOfKeyframe(codec: VideoCodec, frame: Uint8Array): VideoSize | undefined {
  if (codec === 'av1') return findAv1Size(frame);
  if (codec === 'vp9') return readVp9Size(frame);
  if (codec === 'vp8') return readVp8Size(frame);
  return undefined;
}

/** Configuration of a video track, as a container needs it. */
function videoConfig({ codec, description }: Described, { width, height }: VideoSize): VideoConfig {
  const config = { codec, codedWidth: width, codedHeight: height };
  return description ? { ...config, description } : config;
}

function described({ codec, width, height }: VideoFormat, description: Uint8Array): Described {
  return { codec, size: { width, height }, description };
}

/** Reads a decoder configuration record; undefined if that fails, or if the codec has none. */
export function describeAudio(codec: AudioCodec, record: Uint8Array): AudioConfig | undefined {
  switch (codec) {
    case 'aac': {
      const format = readAacConfig(record);
      return format && isCommonAac(format) ? audioConfig(format, record) : undefined;
    }
    case 'opus':
      return audioConfig(readOpusHead(record), record);
    case 'flac':
      return audioConfig(readFlacHeader(record), record);
    case 'mp3':
    case 'ac3':
    case 'eac3':
      return undefined;
    default:
      return codec satisfies never;
  }
}

/** Configuration from a frame alone; undefined where a record has to give it, or if that fails. */
function audioOfFrame(codec: AudioCodec, frame: Uint8Array): AudioConfig | undefined {
  if (codec === 'mp3') return audioConfig(readMp3Header(frame));
  if (codec === 'ac3') return audioConfig(readAc3Frame(frame));
  if (codec === 'eac3') return audioConfig(readEac3Frame(frame));
  return undefined;
}

function audioConfig(format: AudioFormat | undefined, description?: Uint8Array): AudioConfig | undefined {
  if (!format) return undefined;
  const { codec, sampleRate, channels: numberOfChannels } = format;
  const config = { codec, sampleRate, numberOfChannels };
  return description ? { ...config, description } : config;
}
