/** One line of a plot: a name and its points, x ascending. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 760;
const HEIGHT = 380;
const BOX = { left: 70, right: 230, top: 40, bottom: 50 };
const COLORS = ['#0b5cad', '#d1495b', '#3a7d44', '#e08e0b', '#6f4e9c', '#4a4e57'];

/** A line plot as SVG, both axes from 0. */
export function plot(title: string, xLabel: string, yLabel: string, series: readonly Series[]): string {
  const points = series.flatMap((line) => line.points);
  const maxX = Math.max(...points.map(([x]) => x));
  const maxY = Math.max(...points.map(([, y]) => y)) * 1.08;
  const x = (value: number) => BOX.left + (value / maxX) * (WIDTH - BOX.left - BOX.right);
  const y = (value: number) => HEIGHT - BOX.bottom - (value / maxY) * (HEIGHT - BOX.top - BOX.bottom);
  const ticks = (max: number) => [0, 0.25, 0.5, 0.75, 1].map((part) => part * max);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escapeXml(title)}</title><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${BOX.left}" y="22" font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    ...ticks(maxY).map(
      (value) =>
        `<path d="M${BOX.left} ${y(value)}H${WIDTH - BOX.right}" stroke="#d8dee4"/><text x="${BOX.left - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(1)}</text>`,
    ),
    ...[...new Set(points.map(([value]) => value))].map(
      (value) => `<text x="${x(value)}" y="${HEIGHT - BOX.bottom + 18}" text-anchor="middle">${value}</text>`,
    ),
    `<text x="${(BOX.left + WIDTH - BOX.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
    ...series.map((line, index) => drawn(line, index, x, y)),
    '</svg>\n',
  ].join('\n');
}

function drawn(
  line: Series,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const color = COLORS[index % COLORS.length];
  const path = line.points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('L');
  const dots = line.points.map(
    ([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3.5" fill="${color}"/>`,
  );
  const legendY = BOX.top + 16 + index * 20;
  const legendX = WIDTH - BOX.right + 16;
  return [
    `<path d="M${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...dots,
    `<circle cx="${legendX}" cy="${legendY - 4}" r="4" fill="${color}"/><text x="${legendX + 10}" y="${legendY}">${escapeXml(line.name)}</text>`,
  ].join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
