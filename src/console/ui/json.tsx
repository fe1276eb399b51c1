import type { JSX } from 'preact';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g;

/** JSON, with its names, strings and other values in colours of their own. */
export function Json({ text }: { readonly text: string }): JSX.Element {
  const parts: (JSX.Element | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(end, match.index));
    const [whole, quoted, colon] = match;
    const kind = quoted === undefined ? 'json-value' : colon === undefined ? 'json-text' : 'json-name';
    parts.push(
      <span key={match.index} class={kind}>
        {quoted ?? whole}
      </span>,
      colon ?? '',
    );
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return <>{parts}</>;
}
