import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type PlotSeries, plotOptions } from './plot-options.ts';

/** Content of a plot. `data` holds the times in seconds first, then the values of each series; null is a gap. */
export interface PlotProps {
  readonly title: string;
  /** Text of the picture, for those who cannot see it. */
  readonly summary: string;
  readonly series: readonly PlotSeries[];
  readonly data: readonly (readonly (number | null)[])[];
  readonly format: (value: number) => string;
}

/** A plot over time. It is drawn anew when colours or width change, and moved along with new data otherwise. */
export function Plot({ title, summary, series, data, format }: PlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        plotOptions(series, format, element),
        latest.current as unknown as uPlot.AlignedData,
        element,
      );
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const resizing = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element;
      plot.current?.setSize({ width: clientWidth, height: clientHeight });
    });
    resizing.observe(element);
    return () => {
      scheme.removeEventListener('change', draw);
      resizing.disconnect();
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => plot.current?.setData(data as unknown as uPlot.AlignedData), [data]);

  return (
    <figure class="panel plot">
      <figcaption class="panel-head">
        <h2>{title}</h2>
        <ul class="plot-keys">
          {series.map(({ label, color }) => (
            <li key={label} class={`plot-key ${color.slice(2)}`}>
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <p class="unseen">{summary}</p>
      <div class="plot-place" ref={place} aria-hidden="true" />
    </figure>
  );
}
