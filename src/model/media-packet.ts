export type MediaKind = 'audio' | 'video' | 'data';

/** One audio, video or metadata message of a stream, in FLV tag-body form. Never changed once made. */
export interface MediaPacket {
  readonly kind: MediaKind;
  /** Milliseconds, unsigned 32 bits; wraps after 49.7 days. */
  readonly timestamp: number;
  /** The FLV tag body, byte for byte as published. */
  readonly payload: Buffer;
  /** True for a video frame at which a decoder can start. */
  readonly keyframe: boolean;
  /**
   * Set for what every joiner needs first: `metadata`, or decoder configuration (AVC/HEVC/AV1 record,
   * AudioSpecificConfig …). A newer packet of the same slot replaces the older one.
   */
  readonly headerSlot: string | undefined;
}

/** Slot of a stream's onMetaData. */
export const METADATA_SLOT = 'metadata';
