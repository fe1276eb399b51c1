import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DiffLine, lineDiff } from '../../src/console/config/line-diff.ts';

const show = (lines: readonly (DiffLine | undefined)[]) =>
  lines.map((line) =>
    line ? `${{ same: ' ', added: '+', removed: '-' }[line.kind]}${line.line} ${line.text}` : '…',
  );

describe('the difference of two texts', () => {
  test('shows what has changed with two lines around', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join('\n');
    const after = ['a', 'b', 'c', 'D', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].join('\n');
    expect(show(lineDiff(before, after))).toEqual([
      ' 2 b',
      ' 3 c',
      '-4 d',
      '+4 D',
      ' 5 e',
      ' 6 f',
      '…',
      ' 9 i',
      ' 10 j',
      '+11 k',
    ]);
  });

  test('is nothing between equal texts', () => {
    expect(lineDiff('a\nb', 'a\nb')).toEqual([]);
  });

  test('leads from the one to the other, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 9 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changed = lineDiff(before, after).flatMap((line) => line ?? []);
        const without = before.split('\n');
        for (const { kind, line } of changed.toReversed())
          if (kind === 'removed') without.splice(line - 1, 1);
        for (const { kind, line, text: added } of changed)
          if (kind === 'added') without.splice(line - 1, 0, added);
        expect(without.join('\n')).toBe(after);
      }),
    );
  });
});
