import type { Claims } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';

interface Row {
  taken: number;
  /** Most that may be taken. */
  most: number;
}

/** Slots of streams' players: how many are taken, and how many there are. A paused player keeps its slot. */
export class PlayerSlots {
  readonly #rows = new Map<string, Row>();
  readonly #emptied: (key: StreamKey) => void;

  /** `emptied` is called with each stream whose last slot was given back. */
  constructor(emptied: (key: StreamKey) => void = () => undefined) {
    this.#emptied = emptied;
  }

  /** Slots of the stream that are taken. */
  taken(key: StreamKey): number {
    return this.#rows.get(formatStreamKey(key))?.taken ?? 0;
  }

  /** Number of slots of the stream, if they are all taken. */
  full(key: StreamKey): number | undefined {
    const row = this.#rows.get(formatStreamKey(key));
    return row && row.taken >= row.most ? row.most : undefined;
  }

  /** Sets the number of slots of the stream; players beyond it may remain. Infinity takes the bound away. */
  limit(key: StreamKey, most: number): void {
    const row = this.#row(key);
    row.most = most;
    this.#forgetIfUnused(key, row);
  }

  /**
   * Takes a slot and returns what gives it back (harmless if repeated). Where as many as `most` are taken, or as many as
   * the stream has, it returns that number instead.
   */
  acquire(key: StreamKey, most: number = Number.POSITIVE_INFINITY): (() => void) | number {
    const row = this.#row(key);
    const bound = Math.min(row.most, most);
    if (row.taken >= bound) {
      this.#forgetIfUnused(key, row);
      return bound;
    }
    row.taken += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      row.taken -= 1;
      this.#forgetIfUnused(key, row);
      if (row.taken === 0) this.#emptied(key);
    };
  }

  #row(key: StreamKey): Row {
    const name = formatStreamKey(key);
    const row = this.#rows.get(name) ?? { taken: 0, most: Number.POSITIVE_INFINITY };
    this.#rows.set(name, row);
    return row;
  }

  #forgetIfUnused(key: StreamKey, { taken, most }: Row): void {
    if (taken === 0 && most === Number.POSITIVE_INFINITY) this.#rows.delete(formatStreamKey(key));
  }
}

/** State in which a player's slot is counted. */
export interface SlotDeps {
  /** Slots of the players of this process. */
  readonly slots: PlayerSlots;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
}

/**
 * Takes a player's slot and returns what gives it back, or how many there are if they are all taken: `most`, or what the
 * publisher was granted. Other processes' players count only where `bounded` says that there can be such a number.
 */
export async function acquireSlot(
  { claims, slots }: SlotDeps,
  key: StreamKey,
  most: number,
  bounded: boolean,
): Promise<(() => void) | number> {
  if (!claims || !bounded) return slots.acquire(key, most);
  const everywhere = await claims.acquireSlot(key, most);
  if (typeof everywhere === 'number') return everywhere;
  const here = slots.acquire(key);
  return () => {
    if (typeof here !== 'number') here();
    everywhere();
  };
}
