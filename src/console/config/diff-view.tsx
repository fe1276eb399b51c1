import type { JSX } from 'preact';
import { lineDiff } from './line-diff.ts';

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;
const WORDS = { same: '', added: 'added: ', removed: 'removed: ' } as const;

/** Changes from one text to another, line by line. */
export function DiffView({
  before,
  after,
}: {
  readonly before: string;
  readonly after: string;
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <ol class="diff" tabIndex={0} aria-label="Changed lines">
      {lineDiff(before, after).map((line, index) =>
        line === undefined ? (
          <li key={`gap ${index}`} class="diff-gap">
            …
          </li>
        ) : (
          <li key={`${line.kind} ${line.line}`} class={`diff-line ${line.kind}`}>
            <span class="diff-number">{line.line}</span>
            <span aria-hidden="true">{SIGNS[line.kind]}</span>
            <span>
              <span class="unseen">{WORDS[line.kind]}</span>
              {line.text}
            </span>
          </li>
        ),
      )}
    </ol>
  );
}
