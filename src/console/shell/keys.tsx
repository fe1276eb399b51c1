import type { JSX } from 'preact';
import { useKept } from '../live/use-kept.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Switch } from '../ui/switch.tsx';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['g', 's'], 'Streams'],
  [['g', 'h'], 'Hooks'],
  [['g', 'c'], 'Configuration'],
  [['g', 'v'], 'Server'],
  [['/'], 'Filter what is listed'],
  [['p'], 'Pause or go on with the deliveries'],
  [['Esc'], 'Close what is open'],
  [['?'], 'This list'],
];

/** The keyboard shortcuts, and a way to be rid of them. */
export function Keys({ close }: { readonly close: () => void }): JSX.Element {
  const [on, setOn] = useKept('shortcuts', true);
  return (
    <Dialog label="Keyboard shortcuts" kind="ask" close={close}>
      <div class="panel-body">
        <h2>Keyboard shortcuts</h2>
        <dl class="keys">
          {KEYS.map(([keys, does]) => (
            <>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </>
          ))}
        </dl>
        <Switch label="Listen to single keys" on={on} change={setOn} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}
