import type { Grant } from './authorization.ts';
import type { EventFacts } from './events.ts';
import type { PlayOptions, VhostOptions } from './options.ts';
import type { StreamKey } from './stream-key.ts';

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

/** End of a publish: unpublished (FCUnpublish, closeStream, deleteStream), or lost without a word. */
export type PublishEnd = 'unpublished' | 'lost';

/** Time that the players of a stream wait for its next publisher, in milliseconds. */
export function endWaitMs(options: PlayOptions, how: PublishEnd): number | 'never' {
  return how === 'unpublished' ? options.unpublishWaitMs : options.publisherLostWaitMs;
}

/** Takes all of a publish: recording, segmenting. It is no player: nobody waits for it and nothing is skipped for it. */
export interface MediaTap {
  /** A packet, placed on the stream's time line, in the publisher's turn: take it and return at once; never throw. */
  write(packet: MediaPacket): void;
  /** The publisher has left; called once, last. Must not throw either. */
  end(how: PublishEnd): void;
}

/** Publisher of a source, with what it was granted. */
export interface Origin {
  /** The publisher's events say this of it; the stream has the name that it was given. */
  readonly facts: EventFacts;
  /** Grant of its backend. */
  readonly grant: Grant | undefined;
  /** Of the configuration with which the publisher came. */
  readonly vhost: VhostOptions;
}

/** A publish that is on air in this process. One that comes from another process is a source there, not here. */
export interface MediaSource extends Origin {
  readonly key: StreamKey;
  /**
   * From now on `tap` gets the metadata and decoder configurations that there are, each with the time that it came at,
   * then every packet. Returns what ends that, without `end()`. If the publisher has left, there is `end('lost')` at once.
   */
  tap(tap: MediaTap): () => void;
}
