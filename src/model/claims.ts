import type { StreamKey } from './stream-key.ts';

/** One publisher's right to a stream, among all processes that share the streams. */
export interface Claim {
  /** The stream is on air in this process from now on. */
  onAir(): void;
  /** Gives the stream up; harmless if repeated. */
  release(): void;
}

/** Who may publish what, where several processes take publishers. */
export interface Claims {
  /** Takes a stream for a publisher of this process; undefined when there is a publisher elsewhere. Never rejects. */
  claim(key: StreamKey): Promise<Claim | undefined>;
}
