import type { JSX } from 'preact';
import { Dialog } from './dialog.tsx';

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  /** Label of the button that does it. */
  readonly verb: string;
  readonly confirm: () => void;
  readonly close: () => void;
}

/** Asks before something is done that cannot be undone. */
export function Confirm({ title, text, verb, confirm, close }: ConfirmProps): JSX.Element {
  const act = () => {
    close();
    confirm();
  };
  return (
    <Dialog label={title} kind="ask" close={close}>
      <div class="panel-body">
        <h2>{title}</h2>
        <p>{text}</p>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="button" class="button danger" onClick={act}>
            {verb}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
