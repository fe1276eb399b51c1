import type { Claims } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';

interface Row {
  taken: number;
  /** Most that may be taken. */
  most: number;
}

/** The places of streams' players: how many are taken, and how many there are. Who pauses keeps his. */
export class PlayerSlots {
  readonly #rows = new Map<string, Row>();
  readonly #emptied: (key: StreamKey) => void;

  /** `emptied` hears of each stream whose last place was given back. */
  constructor(emptied: (key: StreamKey) => void = () => undefined) {
    this.#emptied = emptied;
  }

  /** Places of the stream that are taken. */
  taken(key: StreamKey): number {
    return this.#rows.get(formatStreamKey(key))?.taken ?? 0;
  }

  /** How many places the stream has, if they are all taken. */
  full(key: StreamKey): number | undefined {
    const row = this.#rows.get(formatStreamKey(key));
    return row && row.taken >= row.most ? row.most : undefined;
  }

  /** From now on the stream has so many places; who is there stays. Infinity takes the bound away. */
  limit(key: StreamKey, most: number): void {
    const row = this.#row(key);
    row.most = most;
    this.#forgetIfUnused(key, row);
  }

  /**
   * Takes a place and returns what gives it back (harmless if repeated). Where as many as `most` are taken, or as many as
   * the stream has, it returns that number instead.
   */
  take(key: StreamKey, most: number = Number.POSITIVE_INFINITY): (() => void) | number {
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

/** Where a player's place is counted. */
export interface SlotDeps {
  /** Places of the players of this process. */
  readonly slots: PlayerSlots;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
}

/**
 * Takes a player's place and returns what gives it back, or how many there are if they are all taken: `most`, or what the
 * publisher was granted. Other processes' players count only where `bounded` says that there can be such a number.
 */
export async function acquireSlot(
  { claims, slots }: SlotDeps,
  key: StreamKey,
  most: number,
  bounded: boolean,
): Promise<(() => void) | number> {
  if (!claims || !bounded) return slots.take(key, most);
  const everywhere = await claims.acquireSlot(key, most);
  if (typeof everywhere === 'number') return everywhere;
  const here = slots.take(key);
  return () => {
    if (typeof here !== 'number') here();
    everywhere();
  };
}
