import type { JSX } from 'preact';

/** Grey shapes while something is on its way. `shape` is a class that gives them their size. */
export function Loading({
  shape,
  count = 1,
}: {
  readonly shape: string;
  readonly count?: number;
}): JSX.Element {
  return (
    <>
      <span class="unseen" role="status">
        Loading
      </span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} class={`skeleton ${shape}`} aria-hidden="true" />
      ))}
    </>
  );
}
