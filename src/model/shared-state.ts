/** State that the processes of a server share, as a room that needs it sees it. */
import type { Socket } from 'node:net';
import type { StreamKey } from './stream-key.ts';

/** One publisher's right to a stream, among all processes that share the streams. */
export interface Claim {
  /** The stream is on air in this process from now on, for `mostPlayers` in all processes; undefined is no bound. */
  onAir(mostPlayers?: number): void;
  /** Gives the stream up; harmless if repeated. */
  release(): void;
}

/** Rights to publish and play streams, where several processes take clients. No promise of these rejects. */
export interface Claims {
  /**
   * Takes a stream for a publisher of this process; undefined when there is a publisher elsewhere. With `takeover`, that
   * one is made to leave first.
   */
  claim(key: StreamKey, takeover?: boolean): Promise<Claim | undefined>;
  /**
   * Takes a place for a player of this process and resolves with what gives it back. Where as many as `most` are taken,
   * or as many as the publisher's claim said, it resolves with that number instead.
   */
  acquireSlot(key: StreamKey, most: number): Promise<(() => void) | number>;
  /** True if the stream is on air, in whichever process. */
  isOnAir(key: StreamKey): Promise<boolean>;
}

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

/** The other processes of a server, as one that has something to fetch from them over HTTP sees them. */
export interface Peers {
  /** Names this process: decimal digits, never used again for another one. */
  readonly node: string;
  /** Secret by which the processes of a server know each other. Nobody else may learn it. */
  readonly token: string;
  /**
   * The process where a stream is on air, or was last; undefined if that is this one, or none. As it was up to a second
   * ago. Never rejects.
   */
  placeOf(key: StreamKey): Promise<string | undefined>;
  /** Calls back when a stream is on air in another process, now or later, until the returned function is called. */
  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void;
  /** Path of the unix socket where a process takes requests; nobody may be there. */
  socketOf(node: string): string;
  /** Takes connections of the other processes, until the returned function is called. */
  receive(take: (socket: Socket) => void): Promise<() => void>;
}
