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
