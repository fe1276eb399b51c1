import uPlot from 'uplot';

/** One line, or row of bars, of a plot. */
export interface PlotSeries {
  readonly label: string;
  readonly color: '--chart-1' | '--chart-2' | '--chart-3' | '--text-faint';
  readonly look: 'area' | 'line' | 'dots' | 'bars';
}

const FONT = '11px Inter, system-ui, sans-serif';

/** Options of a plot of these series in the colours that the page has now. */
export function plotOptions(
  series: readonly PlotSeries[],
  format: (value: number) => string,
  place: HTMLElement,
): uPlot.Options {
  const style = getComputedStyle(place);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color('--text-faint'), font: FONT, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { x: true, y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, (high || 1) * 1.15] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 72,
        size: 32,
        values: (_plot, ticks) => ticks.map(secondsAgo),
      },
      {
        ...axis,
        grid: { stroke: color('--line'), width: 1 },
        size: 72,
        space: 36,
        values: (_plot, ticks) => ticks.map(format),
      },
    ],
    series: [{}, ...series.map((one) => lookOf(one, color(one.color)))],
  };
}

function lookOf({ label, look }: PlotSeries, stroke: string): uPlot.Series {
  switch (look) {
    case 'area':
      return { label, stroke, width: 1.75, fill: withAlpha(stroke, 0.12), points: { show: false } };
    case 'line':
      return { label, stroke, width: 1.75, points: { show: false } };
    case 'dots':
      return { label, paths: () => null, points: { show: true, size: 4, stroke, fill: stroke, width: 0 } };
    case 'bars': {
      const paths = uPlot.paths.bars?.({ size: [0.6, 24], radius: 0.2 });
      return {
        label,
        stroke,
        fill: withAlpha(stroke, 0.5),
        width: 0,
        points: { show: false },
        ...(paths ? { paths } : {}),
      };
    }
    default:
      return look satisfies never;
  }
}

/** A colour of the form #rrggbb with less of it. */
function withAlpha(color: string, alpha: number): string {
  return `${color}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

/** The x axis counts seconds up to now, which is 0. */
function secondsAgo(seconds: number): string {
  return seconds === 0 ? 'now' : `${seconds} s`;
}
