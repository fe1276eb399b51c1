/** A line of a difference between two texts, with its number in the text that it is from. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  readonly line: number;
}

/** Lines around a change that are shown too. */
const CONTEXT = 2;
/** A middle of more lines than this is shown as all removed and all added: the table below grows with the square. */
const MOST_COMPARED = 1500;

/** Changes from one text to another, with a few lines around; undefined stands for lines that are left out. */
export function lineDiff(before: string, after: string): (DiffLine | undefined)[] {
  return shorten(allLines(before.split('\n'), after.split('\n')));
}

function allLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let ends = 0;
  while (
    ends < before.length - start &&
    ends < after.length - start &&
    before[before.length - 1 - ends] === after[after.length - 1 - ends]
  ) {
    ends++;
  }
  const same = (from: number, to: number) =>
    after.slice(from, to).map((text, index): DiffLine => ({ kind: 'same', text, line: from + index + 1 }));
  return [
    ...same(0, start),
    ...middle(before.slice(start, before.length - ends), after.slice(start, after.length - ends), start),
    ...same(after.length - ends, after.length),
  ];
}

/** The longest common subsequence, by the table of its lengths. */
function middle(before: readonly string[], after: readonly string[], start: number): DiffLine[] {
  const removed = (index: number): DiffLine => ({
    kind: 'removed',
    text: before[index] ?? '',
    line: start + index + 1,
  });
  const added = (index: number): DiffLine => ({
    kind: 'added',
    text: after[index] ?? '',
    line: start + index + 1,
  });
  const tooLong = before.length > MOST_COMPARED || after.length > MOST_COMPARED;
  const lengths = tooLong ? undefined : commonLengths(before, after);
  const width = after.length + 1;
  const length = (i: number, j: number) => lengths?.[i * width + j] ?? 0;
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (lengths && i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ kind: 'same', text: after[j] ?? '', line: start + j + 1 });
      i++;
      j++;
    } else if (i < before.length && (j === after.length || length(i + 1, j) >= length(i, j + 1))) {
      lines.push(removed(i++));
    } else {
      lines.push(added(j++));
    }
  }
  return lines;
}

/** At `i * (after.length + 1) + j`: how many lines the rest of `before` from i and of `after` from j share. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const down = lengths[(i + 1) * width + j] ?? 0;
      const right = lengths[i * width + j + 1] ?? 0;
      const both = (lengths[(i + 1) * width + j + 1] ?? 0) + 1;
      lengths[i * width + j] = before[i] === after[j] ? both : Math.max(down, right);
    }
  }
  return lengths;
}

function shorten(lines: readonly DiffLine[]): (DiffLine | undefined)[] {
  const near = (index: number) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ kind }) => kind !== 'same');
  const short: (DiffLine | undefined)[] = [];
  for (const [index, line] of lines.entries()) {
    if (near(index)) short.push(line);
    else if (short.length > 0 && short.at(-1) !== undefined) short.push(undefined);
  }
  if (short.at(-1) === undefined) short.pop();
  return short;
}
