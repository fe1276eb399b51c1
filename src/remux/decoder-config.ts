import { isCommonAac, readAacConfig } from '../protocol/codec/aac.ts';
import { readAc3Frame, readEac3Frame } from '../protocol/codec/ac3.ts';
import type { AudioFormat } from '../protocol/codec/audio.ts';
import { findAv1Size, readAv1Record } from '../protocol/codec/av1.ts';
import { readAvcRecord } from '../protocol/codec/avc.ts';
import { readFlacHeader } from '../protocol/codec/flac.ts';
import { readHevcRecord } from '../protocol/codec/hevc.ts';
import { readMp3Header } from '../protocol/codec/mp3.ts';
import { readOpusHead } from '../protocol/codec/opus.ts';
import type { VideoFormat, VideoSize } from '../protocol/codec/video.ts';
import { readVp8Size, readVp9Record, readVp9Size } from '../protocol/codec/vpx.ts';
import type { AudioCodec, AudioConfig, VideoCodec, VideoConfig } from './track.ts';

/** Facts of a video track from its decoder configuration record. */
export interface Described {
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
export function sizeOfKeyframe(codec: VideoCodec, frame: Uint8Array): VideoSize | undefined {
  if (codec === 'av1') return findAv1Size(frame);
  if (codec === 'vp9') return readVp9Size(frame);
  if (codec === 'vp8') return readVp8Size(frame);
  return undefined;
}

/** Configuration of a video track, as a container needs it. */
export function videoConfig({ codec, description }: Described, { width, height }: VideoSize): VideoConfig {
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
export function audioOfFrame(codec: AudioCodec, frame: Uint8Array): AudioConfig | undefined {
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
