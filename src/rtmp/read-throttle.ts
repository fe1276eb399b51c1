/** Time for which a publisher's bytes are counted before anything is concluded from them. */
const WINDOW_MS = 250;
/** A socket is left alone for as long as its publisher takes to send this much, which has room in the kernel's buffer. */
const AHEAD_BYTES = 49_152;
/** A shorter rest saves nothing. */
const SHORTEST_REST_MS = 10;

/**
 * How long a socket may be left unread. What costs is not the bytes but each time that there are some, so a publisher
 * whose packets are going nowhere for a while is read once at the end of it.
 */
export class ReadThrottle {
  #since: number;
  #bytes = 0;
  /** Of the last whole window; 0 while there was none. */
  #bytesPerMs = 0;
  /** True if the last read has brought so much that more may be waiting. */
  #behind = false;

  constructor(now: number) {
    this.#since = now;
  }

  /** Counts what was read at the time `now`, in milliseconds. */
  took(bytes: number, now: number): void {
    this.#bytes += bytes;
    this.#behind = bytes > AHEAD_BYTES;
    const elapsed = now - this.#since;
    if (elapsed < WINDOW_MS) return;
    this.#bytesPerMs = this.#bytes / elapsed;
    this.#bytes = 0;
    this.#since = now;
  }

  /** Milliseconds for which the socket may be left unread, of the `idleBudgetMs` in which nobody needs what may come. */
  restMs(idleBudgetMs: number): number {
    if (this.#bytesPerMs === 0 || this.#behind) return 0;
    const rest = Math.min(idleBudgetMs, AHEAD_BYTES / this.#bytesPerMs);
    return rest < SHORTEST_REST_MS ? 0 : rest;
  }
}
