import type { Claims } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { PlayerSlots } from './player-slots.ts';

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
