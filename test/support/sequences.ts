import type { PlaylistSequences, SequenceStart } from '../../src/model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../../src/model/stream-key.ts';

/** Numbers of playlists, of one run of a server: discontinuities from 100 on, segments from 1,000 on. */
export class Sequences implements PlaylistSequences {
  readonly #discontinuities = new Map<string, number>();
  /** What a playlist that begins anew begins with. */
  mediaSequence = 1000;

  async next(key: StreamKey, mediaSequence: number): Promise<SequenceStart> {
    const name = formatStreamKey(key);
    const discontinuitySequence = (this.#discontinuities.get(name) ?? 99) + 1;
    this.#discontinuities.set(name, discontinuitySequence);
    return { discontinuitySequence, mediaSequence: Math.max(mediaSequence, this.mediaSequence) };
  }

  async flush(): Promise<void> {}
}
