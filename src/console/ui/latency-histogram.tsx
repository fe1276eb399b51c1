import type { JSX } from 'preact';
import type { LatencyBuckets } from '../api/contract.ts';
import { formatMs } from '../format/amounts.ts';

const WIDTH = 240;
const HEIGHT = 56;

/** Durations of requests, as bars; each is as high as its share of the largest. */
export function LatencyHistogram({ buckets, p50Ms, p99Ms }: LatencyBuckets): JSX.Element {
  const most = Math.max(...buckets.map(({ count }) => count), 1);
  const step = WIDTH / Math.max(1, buckets.length);
  const none = buckets.every(({ count }) => count === 0);
  const words = none ? 'No request yet' : `Half within ${formatMs(p50Ms)}, 99 % within ${formatMs(p99Ms)}`;
  const first = buckets[0]?.le;
  const last = buckets.findLast(({ le }) => le !== null)?.le;
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {buckets.map(({ le, count }, index) => {
          const height = count === 0 ? 1 : Math.max(3, (count / most) * HEIGHT);
          return (
            <rect
              key={le ?? 'over'}
              class={count === 0 ? 'none' : ''}
              x={index * step + 1}
              y={HEIGHT - height}
              width={step - 2}
              height={height}
              rx="1.5"
            />
          );
        })}
      </svg>
      <figcaption class="histogram-ends" aria-hidden="true">
        <span>{first == null ? '' : `≤ ${formatMs(first)}`}</span>
        <span>{last == null ? '' : `> ${formatMs(last)}`}</span>
      </figcaption>
    </figure>
  );
}
