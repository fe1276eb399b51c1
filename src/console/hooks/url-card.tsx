import type { JSX } from 'preact';
import { queryOf } from '../api/client.ts';
import type { UrlHealth } from '../api/contract.ts';
import { formatCount, formatMs } from '../format/amounts.ts';
import { describeBackend, OUTCOME_TONES } from '../format/verdict.ts';
import { Badge } from '../ui/badge.tsx';
import { LatencyHistogram } from '../ui/latency-histogram.tsx';

const OUTCOMES = [
  ['allowed', 'Yes'],
  ['refused', 'Refused'],
  ['failed', 'Failed'],
  ['skipped', 'Not sent'],
] as const;

/** One URL: whether it answers, what, and how fast. */
export function UrlCard({ health }: { readonly health: UrlHealth }): JSX.Element {
  const { url, events, outcomes, latency } = health;
  const { word, tone, means } = describeBackend(health);
  return (
    <li class="panel url-card">
      <div class="url-head">
        <h2 class="mono">
          <a href={`/console/hooks${queryOf({ url })}`}>{url}</a>
        </h2>
        <p class="url-events">
          <span title={means}>
            <Badge tone={tone}>{word}</Badge>
          </span>
          <span class="faint">{events.join(', ')}</span>
        </p>
      </div>
      <dl class="url-outcomes">
        {OUTCOMES.map(([outcome, name]) => (
          <div key={outcome} class={outcomes[outcome] > 0 ? OUTCOME_TONES[outcome] : ''}>
            <dt>{name}</dt>
            <dd>{formatCount(outcomes[outcome])}</dd>
          </div>
        ))}
      </dl>
      <LatencyHistogram {...latency} />
      <p class="url-latency">
        {latency.buckets.every(({ count }) => count === 0) ? (
          <span class="faint">No request yet</span>
        ) : (
          <>
            half within <b>{formatMs(latency.p50Ms)}</b>, 99 % within <b>{formatMs(latency.p99Ms)}</b>
          </>
        )}
      </p>
    </li>
  );
}
