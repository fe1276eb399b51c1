import type { JSX } from 'preact';
import { CopyButton } from './copy-button.tsx';

interface CopyLineProps {
  readonly text: string;
  readonly what: string;
  /** Shows all of it over several lines. */
  readonly wrap?: boolean;
}

/** A line of text to paste elsewhere. */
export function CopyLine({ text, what, wrap = false }: CopyLineProps): JSX.Element {
  return (
    <div class="copy-line">
      <code class={wrap ? 'wrap' : 'truncate'} title={text}>
        {text}
      </code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
