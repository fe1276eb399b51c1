import type { JSX } from 'preact';
import { queryOf } from '../api/client.ts';
import type { UrlHealth } from '../api/contract.ts';
import { Badge } from '../ui/badge.tsx';
import { LatencyHistogram } from '../ui/latency-histogram.tsx';
import { formatCount, formatMs } from '../words/amounts.ts';
import { BREAKERS, OUTCOME_TONES } from '../words/verdict.ts';

const OUTCOMES = [
  ['allowed', 'Yes'],
  ['refused', 'Refused'],
  ['failed', 'Failed'],
  ['skipped', 'Not sent'],
] as const;

/** One URL: whether it answers, what, and how fast. */
export function UrlCard({ health }: { readonly health: UrlHealth }): JSX.Element {
  const { url, events, breaker, outcomes, latency } = health;
  const { word, tone, means } = BREAKERS[breaker];
  return (
    <li class="panel url-card">
      <div class="url-head">
        <h2 class="mono">
          <a href={`/console/hooks${queryOf({ url })}`}>{url}</a>
        </h2>
        <span title={means}>
          <Badge tone={tone}>{word}</Badge>
        </span>
      </div>
      <p class="url-events faint">{events.join(', ')}</p>
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
        {latency.p50Ms === null ? (
          <span class="faint">No request yet</span>
        ) : (
          <>
            half within <b>{formatMs(latency.p50Ms)}</b>, 99 % within{' '}
            <b>{formatMs(latency.p99Ms ?? latency.p50Ms)}</b>
          </>
        )}
      </p>
    </li>
  );
}
