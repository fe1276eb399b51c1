import type { JSX } from 'preact';
import type { DeliveryOutcome, HookHealth, UrlHealth } from '../api/contract.ts';
import { formatCount } from '../format/amounts.ts';
import { formatDuration } from '../format/times.ts';
import { Stat } from '../ui/stat.tsx';

/** Figures on how the hooks fare. */
export function HookSummary({ health }: { readonly health: HookHealth | undefined }): JSX.Element {
  const urls = health?.urls ?? [];
  const sum = (outcome: DeliveryOutcome) =>
    urls.reduce((total, { outcomes }) => total + outcomes[outcome], 0);
  const isDown = ({ breaker, reachable }: UrlHealth) => breaker === 'open' || !reachable;
  const down = new Set(urls.filter(isDown).map(({ origin }) => origin)).size;
  const failed = sum('failed');
  return (
    <dl class="stats small">
      <Stat label="Yes, or taken">{health ? formatCount(sum('allowed')) : '–'}</Stat>
      <Stat label="Refused">{health ? formatCount(sum('refused')) : '–'}</Stat>
      <Stat label="Failed" tone={failed > 0 ? 'bad' : undefined}>
        {health ? formatCount(failed) : '–'}
      </Stat>
      <Stat label="Not sent">{health ? formatCount(sum('skipped')) : '–'}</Stat>
      <Stat label="Down" note="backends" tone={down > 0 ? 'bad' : undefined}>
        {health ? formatCount(down) : '–'}
      </Stat>
      <OutboxStat health={health} />
    </dl>
  );
}

function OutboxStat({ health }: { readonly health: HookHealth | undefined }): JSX.Element {
  const { events = 0, oldestMs = 0, onDisk = true } = health?.outbox ?? {};
  const note = events > 0 ? `oldest ${formatDuration(oldestMs)}` : onDisk ? 'on disk' : 'in memory';
  return (
    <Stat label="In the outbox" note={health ? note : undefined} tone={events > 0 ? 'warn' : undefined}>
      {health ? formatCount(events) : '–'}
    </Stat>
  );
}
