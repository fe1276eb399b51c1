/** Packets of different tracks may be this much out of order, in milliseconds; more is a publisher's new clock. */
const MOST_BACK_MS = 5_000;
/** A gap that may be one, in milliseconds; more is a publisher's new clock. */
const MOST_AHEAD_MS = 600_000;
/** Gap between the last packet of one clock and the first of the next, in milliseconds. */
const STEP_MS = 10;

/**
 * The time of one publish, from the 32 bits that its packets have: it does not wrap, and goes on where the publisher's
 * clock starts anew.
 */
export class StreamTime {
  #last: number | undefined;
  #now = 0;
  #newest = 0;

  /** Place of a packet with this timestamp, in milliseconds. The first packet is where its timestamp says, none before 0. */
  place(timestamp: number): number {
    if (this.#last === undefined) {
      this.#now = timestamp;
      this.#newest = timestamp;
    } else {
      const step = (timestamp - this.#last) | 0;
      const sensible = step >= -MOST_BACK_MS && step <= MOST_AHEAD_MS;
      this.#now = sensible ? this.#now + step : this.#newest + STEP_MS;
      this.#newest = Math.max(this.#newest, this.#now);
    }
    this.#last = timestamp;
    return Math.max(0, this.#now);
  }
}
