import type { MediaSource } from '../model/media.ts';
import type { VhostOptions } from '../model/options.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import type { Hls, HlsDeps } from './hls.ts';

/** The room, which is loaded once a vhost wants it: a server without HLS does not pay for it. */
export class LazyHls {
  readonly #deps: HlsDeps;
  #hls: Hls | undefined;

  constructor(deps: HlsDeps) {
    this.#deps = deps;
  }

  /** Undefined until a vhost has had HLS. */
  get hls(): Hls | undefined {
    return this.#hls;
  }

  /** Gets ready for what these vhosts want. */
  async prepare(vhosts: readonly VhostOptions[]): Promise<PreparedChange> {
    const isWanted = !this.#hls && vhosts.some(({ hls }) => hls.enabled);
    const hls = isWanted ? await import('./hls.ts').then(({ Hls }) => Hls.open(this.#deps)) : undefined;
    return changeBy(() => {
      this.#hls ??= hls;
      hls?.clearLeftovers(vhosts);
    });
  }

  /** Settles when what an earlier run has left on the disk has been cleared away, or kept back. */
  get cleared(): Promise<void> {
    return this.#hls?.cleared ?? Promise.resolve();
  }

  /** Begins to cut a publish, if its vhost wants that. */
  started(source: MediaSource): void {
    this.#hls?.started(source);
  }

  /** Stops cutting, and removes what may be removed. */
  async close(): Promise<void> {
    await this.#hls?.close();
  }
}
