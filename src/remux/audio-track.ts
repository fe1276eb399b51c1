import { isCommonAac, readAacConfig } from '../protocol/codec/aac.ts';
import { readAc3Frame, readEac3Frame } from '../protocol/codec/ac3.ts';
import type { AudioFormat } from '../protocol/codec/audio.ts';
import { readFlacHeader } from '../protocol/codec/flac.ts';
import { readMp3Header } from '../protocol/codec/mp3.ts';
import { readOpusHead } from '../protocol/codec/opus.ts';
import type { AudioCodec, AudioConfig } from './track.ts';

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

/** What a frame says by itself; undefined where a record has to, or if that fails. */
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
