import { MAX_STREAM_BYTES } from './limits.ts';
import type { ListedSegment, MediaPlaylist } from './playlist.ts';

/**
 * The segments of one stream over all its publishes: which are in the playlist, and which are kept for players that have
 * an older one. Numbers only grow, also over restarts, since they begin with the clock: no stream has a segment a second
 * for as long as it takes to catch up with that.
 */
export class SegmentList<S extends ListedSegment & { readonly bytes: number }> {
  readonly #windowMs: number;
  readonly #listed: S[] = [];
  /** Left the playlist, with how long each has to stay. */
  readonly #spare: { readonly segment: S; stayMs: number }[] = [];
  #listedMs = 0;
  #bytes = 0;
  #targetSeconds: number;
  #next: number;
  /** From 0, whatever was before a restart: hls.js counts up to it in a loop. */
  #discontinuities = 0;

  /** `targetMs` is the least target duration, `now` Unix time in milliseconds. */
  constructor(windowMs: number, targetMs: number, now: number) {
    this.#windowMs = windowMs;
    this.#targetSeconds = Math.max(1, Math.round(targetMs / 1000));
    this.#next = Math.floor(now / 1000);
  }

  /** The number of the segment that comes next. */
  get next(): number {
    return this.#next;
  }

  /** What the playlist says; undefined while it lists nothing. */
  get playlist(): MediaPlaylist | undefined {
    if (this.#listed.length === 0) return undefined;
    return {
      targetSeconds: this.#targetSeconds,
      discontinuitySequence: this.#discontinuities,
      segments: this.#listed,
    };
  }

  /** In the playlist, the oldest first. */
  get listed(): readonly S[] {
    return this.#listed;
  }

  /** Not in the playlist any more, and kept. */
  get spare(): readonly S[] {
    return this.#spare.map(({ segment }) => segment);
  }

  /** Adds the segment with the number `next`; returns those that need not be kept any more. */
  add(segment: S): readonly S[] {
    this.#next = segment.seq + 1;
    this.#targetSeconds = Math.max(this.#targetSeconds, Math.round(segment.durationMs / 1000));
    for (const spare of this.#spare) spare.stayMs -= segment.durationMs;
    this.#listed.push(segment);
    this.#listedMs += segment.durationMs;
    this.#bytes += segment.bytes;
    while (this.#listed.length > 1 && this.#exceedsWindow()) this.#unlist();
    return this.#takeUnneeded();
  }

  #exceedsWindow(): boolean {
    const [oldest] = this.#listed;
    return this.#listedMs - (oldest?.durationMs ?? 0) >= this.#windowMs || this.#bytes > MAX_STREAM_BYTES;
  }

  #unlist(): void {
    const segment = this.#listed.shift();
    if (segment === undefined) return;
    // A segment stays as long as a playlist that has it may be in use (RFC 8216 6.2.2).
    this.#spare.push({ segment, stayMs: this.#listedMs + segment.durationMs });
    this.#listedMs -= segment.durationMs;
    if (this.#listed[0]?.discontinuity) this.#discontinuities++;
  }

  #takeUnneeded(): S[] {
    const unneeded: S[] = [];
    while (this.#spare.length > 0) {
      const [oldest] = this.#spare;
      if (oldest === undefined || (oldest.stayMs > 0 && this.#bytes <= MAX_STREAM_BYTES)) break;
      this.#spare.shift();
      this.#bytes -= oldest.segment.bytes;
      unneeded.push(oldest.segment);
    }
    return unneeded;
  }
}
