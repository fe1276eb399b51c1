interface Body {
  /** Enhanced RTMP multitrack: 0 is the main one, and the only one elsewhere. */
  readonly trackId: number;
  /** As `inspectVideo` and `inspectAudio` name it. */
  readonly codec: string;
  /** True for a video frame at which a decoder can start, and for any audio. */
  readonly keyframe: boolean;
  /** The decoder configuration record or the coded frames; a view of the message. */
  readonly data: Buffer;
}

/** What a message brings to one track. */
export type TagBody =
  | (Body & { readonly type: 'config' })
  | (Body & {
      readonly type: 'frames';
      /** Milliseconds from decoding to presentation, 24 bits with a sign. */
      readonly compositionMs: number;
    });
