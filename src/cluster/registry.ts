import type { Claims } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';

/** A process that has streams, and how the others reach it. */
export interface Place {
  /** Never used again for another process. */
  readonly node: string;
  /** Where its relay server listens. */
  readonly address: string;
}

/** Where each stream is, as one process sees it. */
export interface Registry extends Claims {
  /**
   * Calls back with the place where the stream is on air, whenever that changes, until the returned function is called;
   * undefined while it is nowhere, which is not said to begin with.
   */
  watch(key: StreamKey, listener: (place: Place | undefined) => void): () => void;
  /** Where the stream is on air, or was last, if that was not too long ago: that process may have ended. Never rejects. */
  locate(key: StreamKey): Promise<Place | undefined>;
}

/** A stream that has a publisher. */
export interface ClaimedStream {
  readonly key: StreamKey;
  readonly node: string;
  /** False while its backend is asked. */
  readonly onAir: boolean;
}
