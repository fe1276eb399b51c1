import type { JSX } from 'preact';
import type { Delivery } from '../api/contract.ts';
import { formatMs } from '../format/amounts.ts';
import { formatClock } from '../format/times.ts';
import { OUTCOME_TONES, outcomeWord } from '../format/verdict.ts';
import { Badge } from '../ui/badge.tsx';

interface RowProps {
  readonly delivery: Delivery;
  /** The filter, to come back to. */
  readonly search: string;
}

/** One delivery on one line, which opens it. */
export function DeliveryRow({ delivery, search }: RowProps): JSX.Element {
  const { id, at, action, vhost, app, stream, clientId, url, outcome, response, timing, attempt } = delivery;
  const place = [app, stream].filter((part) => part !== '').join('/') || vhost;
  return (
    <a class="row" href={`/console/hooks/deliveries/${encodeURIComponent(id)}${search}`}>
      <span class="row-time mono">{formatClock(at)}</span>
      <span class="row-outcome">
        <Badge tone={OUTCOME_TONES[outcome]}>{outcomeWord(delivery)}</Badge>
      </span>
      <span class="row-event truncate">
        {action}
        {attempt > 1 ? <span class="faint"> attempt {attempt}</span> : null}
      </span>
      <span class="row-place-name truncate" title={`${vhost}/${place}`}>
        {place}
      </span>
      <span class="row-client mono">{clientId}</span>
      <span class="row-url mono truncate" title={url}>
        {url}
      </span>
      <span class="row-status mono">{response?.status ?? '–'}</span>
      <span class="row-total mono">{formatMs(timing.totalMs)}</span>
    </a>
  );
}
