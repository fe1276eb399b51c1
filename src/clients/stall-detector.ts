/** A peer that takes none of the bytes waiting for it, in milliseconds (SRS's write time-out). */
export const STALL_TIMEOUT_MS = 30_000;

/** After the server's last word, until the socket is destroyed, in milliseconds. */
export const LINGER_MS = 2_000;

/** Detector of peers that have taken none of the bytes waiting for them for too long. */
export class StallDetector {
  #taken = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** True if it has been stuck for `STALL_TIMEOUT_MS`; `sent` counts all bytes ever written, `backlog` those still here. */
  stalled(now: number, sent: number, backlog: number): boolean {
    const taken = sent - backlog;
    if (backlog === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#since = now;
    }
    return now - this.#since > STALL_TIMEOUT_MS;
  }
}
