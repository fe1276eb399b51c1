/** One value of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its values. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  untyped: [''],
  summary: ['', '_sum', '_count'],
  histogram: ['_bucket', '_sum', '_count'],
};

/**
 * Reads the text format of Prometheus, version 0.0.4, and throws at whatever a strict reader or promtool's lint would
 * object to: order, names, escapes, repeated values, buckets that do not add up, counters without `_total`.
 */
export function readPrometheus(text: string): readonly Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line has to end with a line feed');
  const families: Draft[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') families.push(begin(name, rest, families));
    else if (word === 'TYPE') setType(families.at(-1), name, rest);
    else if (line.startsWith('#')) throw new Error(`a comment that nobody needs: ${line}`);
    else if (line !== '') addSample(families.at(-1), readSample(line));
  }
  for (const family of families) check(family);
  return families;
}

interface Draft extends Family {
  type: Family['type'];
  readonly samples: Sample[];
}

function begin(name: string, help: string, before: readonly Family[]): Draft {
  if (before.some((family) => family.name === name)) throw new Error(`${name} begins twice`);
  if (!NAME.test(name)) throw new Error(`not a name: ${name}`);
  if (help.trim() === '') throw new Error(`${name} has no help`);
  return { name, type: 'untyped', help, samples: [] };
}

function setType(family: Draft | undefined, name: string, type: string): void {
  if (family?.name !== name || family.samples.length > 0)
    throw new Error(`the type of ${name} stands in the wrong place`);
  if (!(type in SUFFIXES)) throw new Error(`${name} has the type ${type}`);
  family.type = type as Family['type'];
}

function addSample(family: Draft | undefined, sample: Sample): void {
  const fits = family && (SUFFIXES[family.type] ?? []).some((suffix) => sample.name === family.name + suffix);
  if (!fits) throw new Error(`${sample.name} stands outside of its metric`);
  family.samples.push(sample);
}

/** The value of a metric with exactly these labels; undefined if there is none. */
export function metricValue(
  families: readonly Family[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = keyOf({ name, labels, value: 0 });
  return families.flatMap(({ samples }) => samples).find((sample) => keyOf(sample) === wanted)?.value;
}

/** `name{label="value",...} value`, no timestamp. */
function readSample(line: string): Sample {
  const [, name = '', rest = ''] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(.*)$/s.exec(line) ?? [];
  let at = 0;
  const labels: Record<string, string> = {};
  if (rest[at] === '{') {
    at += 1;
    while (rest[at] !== '}') {
      const [all = '', label = '', raw = ''] = /^([^=]*)="((?:[^"\\]|\\.)*)"/.exec(rest.slice(at)) ?? [];
      if (all === '' || !LABEL.test(label) || label.startsWith('__')) throw new Error(`labels: ${line}`);
      if (label in labels) throw new Error(`${label} twice: ${line}`);
      labels[label] = unescaped(raw, line);
      at += all.length;
      if (rest[at] === ',') at += 1;
      else if (rest[at] !== '}') throw new Error(`labels: ${line}`);
    }
    at += 1;
  }
  const number = rest.slice(at);
  if (!/^ (?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/.test(number))
    throw new Error(`not a value: ${line}`);
  return { name, labels, value: toNumber(number.trim()) };
}

function unescaped(raw: string, line: string): string {
  return raw.replace(/\\(.)/g, (_all, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || character === '"') return character;
    throw new Error(`not an escape: ${line}`);
  });
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function check({ name, type, samples }: Family): void {
  const keys = samples.map(keyOf);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`twice: ${twice}`);
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`${name} is a counter without _total`);
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} is no counter`);
  if (/_(?:milliseconds|ms|kbytes|kb|minutes|hours|percent)(?:_|$)/.test(name))
    throw new Error(`${name} is not in a base unit`);
  if (type === 'counter' && samples.some(({ value }) => value < 0)) throw new Error(`${name} is below 0`);
  if (type !== 'summary' && samples.some(({ labels }) => 'quantile' in labels))
    throw new Error(`${name} has a quantile and is no summary`);
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Buckets of the same labels grow up to `+Inf`, which is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels;
    const key = keyOf({ ...sample, name, labels });
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, all] of series) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => toNumber((labels['le'] ?? 'NaN').replace(/^\+/, '')));
    const rising = (numbers: readonly number[]) =>
      numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? 0));
    const count = all.find((sample) => sample.name === `${name}_count`)?.value;
    const hasSum = all.some((sample) => sample.name === `${name}_sum`);
    const fits =
      rising(bounds) &&
      rising(buckets.map(({ value }) => value)) &&
      bounds.at(-1) === Number.POSITIVE_INFINITY;
    if (!fits || !hasSum || count !== buckets.at(-1)?.value)
      throw new Error(`a histogram that does not add up: ${key}`);
  }
}

function keyOf({ name, labels }: Sample): string {
  return `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}
