import type { StreamKey } from './stream-key.ts';

/** Numbers with which a playlist goes on behind a discontinuity (RFC 8216, 4.3.3.2 and 4.3.3.3). */
export interface SequenceStart {
  /** Number of the next segment in a playlist that begins anew. */
  readonly mediaSequence: number;
  /** Number of the discontinuity. */
  readonly discontinuitySequence: number;
}

/**
 * Numbers of HLS playlists. Those of one stream only grow: over publishes, over the processes of a server, and over
 * restarts. Players that have a playlist of an earlier run stand still if they go back or stay the same.
 */
export interface PlaylistSequences {
  /** Numbers for the next discontinuity of a stream; the media sequence is at least `mediaSequence`. Never rejects. */
  next(key: StreamKey, mediaSequence: number): Promise<SequenceStart>;
  /** Settles when the numbers given so far are on the disk, or failed to get there. Never rejects. */
  flush(): Promise<void>;
}
