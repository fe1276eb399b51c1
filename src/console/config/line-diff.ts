import { diffArrays } from 'diff';

/** A line of a difference between two texts, with its number in the text that it is from. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  readonly line: number;
}

/** Lines around a change that are shown too. */
const CONTEXT = 2;
/** Texts with more changed lines than this are shown as all removed and all added: comparing costs the square of them. */
const MOST_CHANGED = 1500;

/** Changes from one text to another, with a few lines around; undefined stands for lines that are left out. */
export function lineDiff(before: string, after: string): (DiffLine | undefined)[] {
  return shorten(allLines(before.split('\n'), after.split('\n')));
}

function allLines(before: string[], after: string[]): DiffLine[] {
  const parts = diffArrays(before, after, { maxEditLength: MOST_CHANGED }) ?? [
    { value: before, added: false, removed: true },
    { value: after, added: true, removed: false },
  ];
  const next = { before: 1, after: 1 };
  return parts.flatMap(({ value, added, removed }) =>
    value.map((text): DiffLine => {
      const line = removed ? next.before : next.after;
      if (!added) next.before++;
      if (!removed) next.after++;
      return { kind: added ? 'added' : removed ? 'removed' : 'same', text, line };
    }),
  );
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
