/** Codecs that can be put into a file, by the names that mediabunny gives them. */
export type VideoCodec = 'avc' | 'hevc' | 'av1' | 'vp9' | 'vp8';
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'ac3' | 'eac3';

/** A VideoDecoderConfig of WebCodecs, as far as a container needs it. */
export interface VideoConfig {
  /** RFC 6381, for example `avc1.64001f`. */
  readonly codec: string;
  /** Decoder configuration record (`avcC`, `hvcC`, `av1C` …); undefined where the codec has none. */
  readonly description?: Uint8Array;
  readonly codedWidth: number;
  readonly codedHeight: number;
}

/** An AudioDecoderConfig of WebCodecs, as far as a container needs it. */
export interface AudioConfig {
  /** RFC 6381, for example `mp4a.40.2`. */
  readonly codec: string;
  /** AudioSpecificConfig, OpusHead …; undefined where the codec has none. */
  readonly description?: Uint8Array;
  readonly sampleRate: number;
  readonly numberOfChannels: number;
}

interface Named {
  /** Enhanced RTMP multitrack: 0 is the main one. */
  readonly trackId: number;
}

/** One elementary stream of a publish, with the decoder configuration that is in force. A new one is a new object. */
export type TrackConfig = Named &
  (
    | { readonly kind: 'video'; readonly codec: VideoCodec; readonly decoderConfig: VideoConfig }
    | {
        readonly kind: 'audio';
        readonly codec: AudioCodec;
        readonly decoderConfig: AudioConfig;
        /** A frame of it, of a codec that says in each what it is (MP3, AC-3). */
        readonly frame?: Uint8Array;
      }
  );

/** One frame of video or audio. */
export interface TrackSample {
  readonly track: TrackConfig;
  /** A view of the packet's payload. */
  readonly data: Uint8Array;
  /** True for a video frame at which a decoder can start, and for any audio. */
  readonly keyframe: boolean;
  /** Milliseconds on the stream's time line, which does not wrap here. */
  readonly dtsMs: number;
  readonly ptsMs: number;
}

/** Event that a packet brings: a track's first or changed configuration, or a sample. */
export type TrackEvent =
  | { readonly type: 'config'; readonly track: TrackConfig }
  | { readonly type: 'sample'; readonly sample: TrackSample };
