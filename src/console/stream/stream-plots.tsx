import type { JSX } from 'preact';
import { Loading } from '../ui/loading.tsx';
import { Plot } from '../ui/plot.tsx';
import { formatMs, formatRate } from '../words/amounts.ts';
import type { Columns, FramePlots } from './frame-history.ts';

const BITRATE = [
  { label: 'Video', color: '--chart-1', look: 'area' },
  { label: 'Audio', color: '--chart-2', look: 'line' },
] as const;
const INTERVAL = [{ label: 'Video frame', color: '--chart-1', look: 'line' }] as const;
const GOP = [{ label: 'Keyframe to keyframe', color: '--chart-3', look: 'bars' }] as const;

/** How the stream has come in the last minute. */
export function StreamPlots({ plots }: { readonly plots: FramePlots | undefined }): JSX.Element {
  if (!plots) {
    return (
      <div class="plots">
        <Loading shape="plot-shape" count={3} />
      </div>
    );
  }
  const { bitrate, interval, gop } = plots;
  return (
    <div class="plots">
      <Plot
        title="Bitrate"
        series={BITRATE}
        data={bitrate}
        format={formatRate}
        summary={summarise(bitrate, formatRate)}
      />
      <Plot
        title="Frame interval"
        series={INTERVAL}
        data={interval}
        format={formatMs}
        summary={summarise(interval, formatMs)}
      />
      <Plot title="GOP length" series={GOP} data={gop} format={formatMs} summary={summarise(gop, formatMs)} />
    </div>
  );
}

/** What a plot of its first series says, in a sentence. */
function summarise(data: Columns, format: (value: number) => string): string {
  const values = (data[1] ?? []).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return 'Nothing yet.';
  return `Now ${format(last)}; in the last minute from ${format(Math.min(...values))} to ${format(Math.max(...values))}.`;
}
