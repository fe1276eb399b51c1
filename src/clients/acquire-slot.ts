import type { Claims } from '../model/claims.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Seats } from './player-slots.ts';

/** Where a player's place is counted. */
export interface Seating {
  /** Places of the players of this process. */
  readonly seats: Seats;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
}

/**
 * Takes a player's place and returns what gives it back, or how many there are if they are all taken: `most`, or what the
 * publisher was granted. Other processes' players count only where `bounded` says that there can be such a number.
 */
export async function takeSeat(
  { claims, seats }: Seating,
  key: StreamKey,
  most: number,
  bounded: boolean,
): Promise<(() => void) | number> {
  if (!claims || !bounded) return seats.take(key, most);
  const everywhere = await claims.seat(key, most);
  if (typeof everywhere === 'number') return everywhere;
  const here = seats.take(key);
  return () => {
    if (typeof here !== 'number') here();
    everywhere();
  };
}
