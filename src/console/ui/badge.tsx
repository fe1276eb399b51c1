import type { ComponentChildren, JSX } from 'preact';
import type { Tone } from '../format/verdict.ts';

/** A word in a coloured pill; the colour never says more than the word. */
export function Badge({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: ComponentChildren;
}): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}
