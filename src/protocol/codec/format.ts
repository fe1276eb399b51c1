/** Audio facts for a decoder and a playlist. */
export interface AudioFormat {
  /** RFC 6381, for example `mp4a.40.2`. */
  readonly codec: string;
  /** Samples in a second. */
  readonly sampleRate: number;
  readonly channels: number;
}
/** Video facts for a decoder and a playlist. */
export interface VideoFormat {
  /** RFC 6381, for example `avc1.64001f`. */
  readonly codec: string;
  /** In pixels, as it is to be shown. */
  readonly width: number;
  readonly height: number;
}

/** The size of a picture in pixels. */
export type VideoSize = Pick<VideoFormat, 'width' | 'height'>;

/** A number in hexadecimal digits. */
export function hex(value: number, digits = 1): string {
  return value.toString(16).padStart(digits, '0');
}

/** A number in at least two decimal digits. */
export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
