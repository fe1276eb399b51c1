import type { AudioFacts, Client, VideoFacts } from '../api/contract.ts';

const NAMES: Readonly<Record<string, string>> = {
  avc: 'H.264',
  h264: 'H.264',
  hevc: 'HEVC',
  h265: 'HEVC',
  av1: 'AV1',
  vp8: 'VP8',
  vp9: 'VP9',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
};

/** A codec by the name that people use. */
export function codecName(codec: string): string {
  return NAMES[codec.toLowerCase().replace(/[^a-z0-9]/g, '')] ?? codec;
}

/** `1920×1080`; empty while it is not known. */
export function formatSize(video: VideoFacts | null): string {
  return video && video.width > 0 ? `${video.width}×${video.height}` : '';
}

/** `30 fps`; empty while it is not known. */
export function formatFps(video: VideoFacts | null): string {
  if (!video || video.fps === 0) return '';
  return `${Math.round(video.fps * 10) / 10} fps`;
}

/** `H.264 High 4.1`; `no video`. */
export function describeVideo(video: VideoFacts | null): string {
  if (!video) return 'no video';
  return [codecName(video.codec), video.profile, video.level].filter(Boolean).join(' ');
}

/** `AAC 48 kHz stereo`; `no audio`. */
export function describeAudio(audio: AudioFacts | null): string {
  if (!audio) return 'no audio';
  const rate = audio.sampleRate > 0 ? `${audio.sampleRate / 1000} kHz` : '';
  return [codecName(audio.codec), rate, formatChannels(audio.channels)].filter(Boolean).join(' ');
}

function formatChannels(channels: number): string {
  if (channels === 0) return '';
  if (channels === 1) return 'mono';
  return channels === 2 ? 'stereo' : `${channels} channels`;
}

const PROTOCOLS: Readonly<Record<Client['protocol'], string>> = {
  rtmp: 'RTMP',
  rtmps: 'RTMPS',
  'http-flv': 'HTTP-FLV',
  'ws-flv': 'WebSocket-FLV',
  hls: 'HLS',
};

/** A protocol by the name that people use. */
export function protocolName(protocol: Client['protocol']): string {
  return PROTOCOLS[protocol];
}
