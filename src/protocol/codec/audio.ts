/** Audio facts for a decoder and a playlist. */
export interface AudioFormat {
  /** RFC 6381, for example `mp4a.40.2`. */
  readonly codec: string;
  /** Samples in a second. */
  readonly sampleRate: number;
  readonly channels: number;
}
