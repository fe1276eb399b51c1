import type { Delivery } from '../api/contract.ts';

/** Most deliveries that the page keeps; older ones are in the server's journal. */
export const MOST_KEPT = 1000;

/** Deliveries that are shown, the newest first, and those that wait until somebody wants to go on. */
export interface DeliveryList {
  readonly shown: readonly Delivery[];
  /** The newest first too. */
  readonly waiting: readonly Delivery[];
}

export const NO_DELIVERIES: DeliveryList = { shown: [], waiting: [] };

/** The list after `news`, the oldest of them first, has come: shown at once, or kept waiting while it is `held`. */
export function addDeliveries(
  { shown, waiting }: DeliveryList,
  news: readonly Delivery[],
  held: boolean,
): DeliveryList {
  const known = new Set([...shown, ...waiting].map(({ id }) => id));
  const fresh = news.filter(({ id }) => !known.has(id)).reverse();
  const ahead = [...fresh, ...waiting].slice(0, MOST_KEPT);
  if (held) return { shown, waiting: ahead };
  if (ahead.length === 0) return { shown, waiting };
  return { shown: [...ahead, ...shown].slice(0, MOST_KEPT), waiting: [] };
}
