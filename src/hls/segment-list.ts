import type { ListedSegment, MediaPlaylist } from './playlist.ts';

/** Bytes of one stream's segments; over it the oldest go before their time. */
const MAX_STREAM_BYTES: number = 512 * 1024 * 1024;

/**
 * The segments of one stream over all its publishes: which are in the playlist, and which are kept for players that have
 * an older one.
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

  /** `targetMs` is the least target duration, `next` the number of the first segment. */
  constructor(windowMs: number, targetMs: number, next: number) {
    this.#windowMs = windowMs;
    this.#targetSeconds = Math.max(1, Math.round(targetMs / 1000));
    this.#next = next;
  }

  /** The number of the segment that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Content of the playlist; undefined while it lists nothing. */
  get playlist(): MediaPlaylist | undefined {
    if (this.#listed.length === 0) return undefined;
    return { targetSeconds: this.#targetSeconds, segments: this.#listed };
  }

  /** In the playlist, the oldest first. */
  get listed(): readonly S[] {
    return this.#listed;
  }

  /** Not in the playlist any more, and kept. */
  get spare(): readonly S[] {
    return this.#spare.map(({ segment }) => segment);
  }

  /** Adds a segment; returns those that need not be kept any more. One that has not the number `next` begins the list anew. */
  add(segment: S): readonly S[] {
    while (segment.seq !== this.#next && this.#listed.length > 0) this.#unlist();
    this.#next = segment.seq + 1;
    this.#targetSeconds = Math.max(this.#targetSeconds, Math.round(segment.durationMs / 1000));
    for (const spare of this.#spare) spare.stayMs -= segment.durationMs;
    this.#listed.push(segment);
    this.#listedMs += segment.durationMs;
    this.#bytes += segment.bytes;
    while (this.#listed.length > 1 && this.#exceedsWindow()) this.#unlist();
    return this.#takeUnneeded();
  }

  /** Time of the stream has passed without a segment; returns those that need not be kept any more. */
  pass(durationMs: number): readonly S[] {
    for (const spare of this.#spare) spare.stayMs -= durationMs;
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
