import { expect, test } from 'vitest';
import { metricValue, readPrometheus } from './prometheus-text.ts';

const HISTOGRAM = `# HELP h_seconds Time.
# TYPE h_seconds histogram
h_seconds_bucket{le="0.5"} 1
h_seconds_bucket{le="+Inf"} 2
h_seconds_sum 3.5
h_seconds_count 2
`;

test('what is right is read', () => {
  const families = readPrometheus(
    `# HELP a_total All of them.\n# TYPE a_total counter\na_total{x="one \\"two\\"\\n"} 1\n${HISTOGRAM}`,
  );
  expect(metricValue(families, 'a_total', { x: 'one "two"\n' })).toBe(1);
  expect(metricValue(families, 'h_seconds_bucket', { le: '+Inf' })).toBe(2);
});

test.each([
  ['no line feed at the end', '# HELP a A.\n# TYPE a gauge\na 1'],
  ['a value without a metric', 'a 1\n'],
  ['a value of another metric', '# HELP a A.\n# TYPE a gauge\nb 1\n'],
  ['a type without help', '# TYPE a gauge\na 1\n'],
  ['a metric that comes twice', '# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\n'],
  ['the same value twice', '# HELP a A.\n# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n'],
  ['a counter without _total', '# HELP a A.\n# TYPE a counter\na 1\n'],
  ['a gauge with _total', '# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n'],
  ['a quantile of a gauge', '# HELP a A.\n# TYPE a gauge\na{quantile="1"} 1\n'],
  ['milliseconds', '# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n'],
  ['no number', '# HELP a A.\n# TYPE a gauge\na one\n'],
  ['a label with a bad name', '# HELP a A.\n# TYPE a gauge\na{1x="1"} 1\n'],
  ['a quote that is not closed', '# HELP a A.\n# TYPE a gauge\na{x="1} 1\n'],
  ['buckets that fall', HISTOGRAM.replace('"} 1', '"} 5')],
  ['a count that is not the last bucket', HISTOGRAM.replace('_count 2', '_count 3')],
  ['no bucket without a bound', HISTOGRAM.replace('+Inf', '9')],
])('%s is refused', (_what, text) => {
  expect(() => readPrometheus(text)).toThrow();
});
