import type { JSX } from 'preact';
import { formatMs, formatRate } from '../format/amounts.ts';
import { Loading } from '../ui/loading.tsx';
import { Plot } from '../ui/plot.tsx';
import type { Columns, FramePlots } from './frame-history.ts';

const BITRATE = [{ label: 'In', color: '--chart-1', look: 'area' }] as const;
const INTERVAL = [{ label: 'Video frame', color: '--chart-1', look: 'line' }] as const;
const GOP = [{ label: 'Keyframe to keyframe', color: '--chart-3', look: 'bars' }] as const;

interface PlotsProps {
  /** kbit/s that came in, in each of the last seconds. */
  readonly rates: readonly number[];
  readonly plots: FramePlots | undefined;
}

/** Plots of how the stream has come in the last minute. */
export function StreamPlots({ rates, plots }: PlotsProps): JSX.Element {
  if (!plots) {
    return (
      <div class="plots">
        <Loading shape="plot-shape" count={3} />
      </div>
    );
  }
  const { interval, gop } = plots;
  const bitrate = [rates.map((_, index) => index + 1 - rates.length), rates];
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

/** Sentence on what a plot of its first series shows. */
function summarise(data: Columns, format: (value: number) => string): string {
  const values = (data[1] ?? []).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return 'Nothing yet.';
  return `Now ${format(last)}; in the last minute from ${format(Math.min(...values))} to ${format(Math.max(...values))}.`;
}
