import type { ComponentChildren, JSX } from 'preact';

interface StatProps {
  readonly label: string;
  readonly note?: string | undefined;
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly children: ComponentChildren;
}

/** A figure with its name; belongs into a `dl` of the class `stats`. */
export function Stat({ label, note, tone, children }: StatProps): JSX.Element {
  return (
    <div class={`stat ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>
        {children}
        {note === undefined ? null : <small>{note}</small>}
      </dd>
    </div>
  );
}
