import type { JSX } from 'preact';

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  readonly change: (on: boolean) => void;
  readonly hint?: string;
}

/** Something that is on or off. */
export function Switch({ label, on, change, hint }: SwitchProps): JSX.Element {
  return (
    <label class="switch" title={hint}>
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}
