import type { JSX, RefObject } from 'preact';
import { useRef } from 'preact/hooks';

interface AreaProps {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly change: (text: string) => void;
  /** Lines with an error. */
  readonly marked: ReadonlySet<number>;
}

/** A text with the numbers of its lines beside it. */
export function TextArea({ area, text, change, marked }: AreaProps): JSX.Element {
  const gutter = useRef<HTMLDivElement>(null);
  const follow = () => {
    if (gutter.current && area.current) gutter.current.scrollTop = area.current.scrollTop;
  };
  return (
    <div class="code">
      <div class="code-numbers" ref={gutter} aria-hidden="true">
        {text.split('\n').map((_, index) => (
          <div key={index} class={marked.has(index + 1) ? 'wrong' : ''}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={area}
        class="code-text"
        aria-label="Configuration file"
        aria-describedby="check-result"
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        wrap="off"
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
        onScroll={follow}
      />
    </div>
  );
}
