import type { Clock } from '../model/clock.ts';
import { BURST } from './limits.ts';

/**
 * Does something for each of many, a few in each turn of the event loop, so that streams go on between them: what lets
 * ten thousand clients know of something at once would stop the pictures for seconds.
 */
export function inTurns<T>(clock: Clock, items: readonly T[], act: (item: T) => void, from = 0): void {
  for (const item of items.slice(from, from + BURST)) act(item);
  if (from + BURST < items.length) clock.endOfTurn(() => inTurns(clock, items, act, from + BURST));
}
