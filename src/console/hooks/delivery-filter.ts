import type { Delivery } from '../api/contract.ts';

/** Which deliveries somebody wants to see; the address of the page holds it. Empty means any. */
export interface DeliveryFilter {
  readonly event: string;
  readonly vhost: string;
  readonly client: string;
  readonly url: string;
  readonly outcome: string;
}

export const FILTER_NAMES = [
  'event',
  'vhost',
  'client',
  'url',
  'outcome',
] as const satisfies readonly (keyof DeliveryFilter)[];

/** Reads the filter out of an address. */
export function readFilter(query: Readonly<Record<string, string>>): DeliveryFilter {
  const { event = '', vhost = '', client = '', url = '', outcome = '' } = query;
  return { event, vhost, client, url, outcome };
}

/** Whether a delivery is one of those. */
export function fitsFilter(
  delivery: Delivery,
  { event, vhost, client, url, outcome }: DeliveryFilter,
): boolean {
  return (
    (event === '' || delivery.action === event) &&
    (vhost === '' || delivery.vhost === vhost) &&
    (client === '' || delivery.clientId === client) &&
    (url === '' || delivery.url === url) &&
    (outcome === '' || delivery.outcome === outcome)
  );
}
