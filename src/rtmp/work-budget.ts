/** Burst that may come at once before that counts. */
export const MAX_PACKET_BURST = 10_000;

/** Work of one connection over time, in media packets a second. One that brings more is read more slowly. */
export const MAX_PACKETS_PER_SECOND = 5_000;

/** Work of one connection in one turn of the event loop, in media packets: others have their turn before it goes on. */
export const MAX_PACKETS_PER_TURN = 256;

/**
 * Bounds the work of one connection, in media packets: how much of it is done in one turn of the event loop, and how much
 * over time (a token bucket). A packet costs an addition; the clock is read once a turn at most.
 */
export class WorkBudget {
  #spent = 0;
  #left = MAX_PACKET_BURST;
  #settledAt: number;

  constructor(now: number) {
    this.#settledAt = now;
  }

  /** Counts work that costs as much as so many packets. */
  spend(packets: number): void {
    this.#spent += packets;
  }

  /** True when the others shall have their turn. */
  get turnIsOver(): boolean {
    return this.#spent >= MAX_PACKETS_PER_TURN;
  }

  /** Accounts what was spent; returns for how many milliseconds nothing more is to be done, 0 for the present turn. */
  settle(now: number): number {
    const earned = ((now - this.#settledAt) * MAX_PACKETS_PER_SECOND) / 1000;
    this.#left = Math.min(MAX_PACKET_BURST, this.#left + earned) - this.#spent;
    this.#settledAt = now;
    this.#spent = 0;
    return Math.max(0, (-this.#left * 1000) / MAX_PACKETS_PER_SECOND);
  }
}
