import type { JSX } from 'preact';
import type { Delivery } from '../api/contract.ts';
import { formatMs } from '../format/amounts.ts';
import { timingParts } from './timing-parts.ts';

/** Bar of where the time of a delivery went. */
export function TimingBar({ timing }: { readonly timing: Delivery['timing'] }): JSX.Element {
  const parts = timingParts(timing);
  const total = Math.max(
    parts.reduce((sum, { ms }) => sum + ms, 0),
    0.001,
  );
  let start = 0;
  return (
    <figure class="timing">
      <svg class="timing-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ kind, ms }) => {
          const x = start;
          const width = (ms / total) * 1000;
          start += width;
          return <rect key={kind} class={`timing-${kind}`} x={x} y="0" width={width} height="10" />;
        })}
      </svg>
      <figcaption>
        <dl class="timing-parts">
          {parts.map(({ kind, name, ms }) => (
            <div key={kind} class={`timing-${kind}`}>
              <dt>{name}</dt>
              <dd>{formatMs(ms)}</dd>
            </div>
          ))}
          <div class="timing-total">
            <dt>Total</dt>
            <dd>{formatMs(timing.totalMs)}</dd>
          </div>
        </dl>
      </figcaption>
    </figure>
  );
}
