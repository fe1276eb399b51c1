const PACKET_BYTES = 188;

/** Numbers the packets of one transport stream that is made in pieces (continuity_counter, ISO 13818-1 2.4.3.3). */
export class TsCounters {
  /** The number given out last, by PID. */
  readonly #last = new Map<number, number>();

  /** Numbers the packets of the next piece, in place, so that they go on where the piece before ended. */
  goOn(piece: Uint8Array): void {
    for (let at = 0; at + PACKET_BYTES <= piece.length; at += PACKET_BYTES) {
      const pid = (((piece[at + 1] as number) & 0x1f) << 8) | (piece[at + 2] as number);
      const flags = piece[at + 3] as number;
      const hasPayload = (flags & 0x10) !== 0;
      // A packet without payload has the number of the one before it.
      const number = ((this.#last.get(pid) ?? 15) + (hasPayload ? 1 : 0)) & 0x0f;
      piece[at + 3] = (flags & 0xf0) | number;
      this.#last.set(pid, number);
    }
  }
}
