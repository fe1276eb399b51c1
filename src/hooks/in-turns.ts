import type { Clock } from '../model/clock.ts';

/** Clients that hear of one event in one turn of the event loop; the rest in the next ones, so that streams go on between. */
const BURST = 16;

/**
 * Does something for each of many, a few in each turn of the event loop, so that streams go on between them: what lets
 * ten thousand clients know of something at once would stop the pictures for seconds.
 */
export function inTurns<T>(clock: Clock, items: readonly T[], act: (item: T) => void, from = 0): void {
  for (const item of items.slice(from, from + BURST)) act(item);
  if (from + BURST < items.length) clock.endOfTurn(() => inTurns(clock, items, act, from + BURST));
}
