import type { JSX } from 'preact';

const WIDTH = 120;
const HEIGHT = 28;

interface SparklineProps {
  readonly values: readonly number[];
  /** Number of values that fill the width; fewer stand at the right. */
  readonly room: number;
  readonly label: string;
}

/** The last values as a line; from zero, so that a steady stream looks steady. */
export function Sparkline({ values, room, label }: SparklineProps): JSX.Element {
  const top = Math.max(...values, 1) * 1.15;
  const step = WIDTH / (room - 1);
  const points = values.map((value, index) => {
    const x = WIDTH - (values.length - 1 - index) * step;
    return `${x.toFixed(1)},${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
  });
  const first = points[0]?.split(',')[0] ?? WIDTH;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {points.length < 2 ? null : (
        <>
          <path class="area" d={`M${first},${HEIGHT}L${points.join('L')}L${WIDTH},${HEIGHT}z`} />
          <polyline class="line" points={points.join(' ')} />
        </>
      )}
    </svg>
  );
}
