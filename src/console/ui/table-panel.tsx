import type { ComponentChildren, JSX } from 'preact';

interface TablePanelProps {
  readonly title: string;
  readonly note?: string | undefined;
  /** A table, or what stands in its place. */
  readonly children: ComponentChildren;
}

/** A table with its title, which scrolls sideways where it is too wide. */
export function TablePanel({ title, note, children }: TablePanelProps): JSX.Element {
  return (
    <div class="panel">
      <div class="panel-head">
        <h2>{title}</h2>
        {note === undefined ? null : <span class="faint">{note}</span>}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="table-wrap" aria-label={title} tabIndex={0}>
        {children}
      </section>
    </div>
  );
}
