const PACKET_BYTES = 188;

/** ClientIds the packets of one transport stream that is made in pieces (continuity_counter, ISO 13818-1 2.4.3.3). */
export class TsCounters {
  /** The number given out last, by PID. */
  readonly #last = new Map<number, number>();

  /** ClientIds the packets of the next piece, in place, so that they go on where the piece before ended. */
  goOn(piece: Uint8Array): void {
    for (let at = 0; at + PACKET_BYTES <= piece.length; at += PACKET_BYTES) {
      const pid = (((piece[at + 1] as number) & 0x1f) << 8) | (piece[at + 2] as number);
      const flags = piece[at + 3] as number;
      const hasPayload = (flags & 0x10) !== 0;
      const hasAdaptation = (flags & 0x20) !== 0 && piece[at + 4] !== 0;
      const last = this.#last.get(pid);
      // A packet without payload has the number of the one before it.
      const number = ((last ?? 15) + (hasPayload ? 1 : 0)) & 0x0f;
      piece[at + 3] = (flags & 0xf0) | number;
      // What goes on is no discontinuity, as the muxer may say at the beginning of each piece.
      if (hasAdaptation && last !== undefined) piece[at + 5] = (piece[at + 5] as number) & 0x7f;
      this.#last.set(pid, number);
    }
  }
}
