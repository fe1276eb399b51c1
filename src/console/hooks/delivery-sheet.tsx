import type { JSX } from 'preact';
import type { Delivery } from '../api/contract.ts';
import { useConsole } from '../live/console-context.ts';
import { useLoaded } from '../live/use-loaded.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Loading } from '../ui/loading.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { DeliveryView } from './delivery-view.tsx';

interface SheetProps {
  readonly id: string;
  /** The delivery, if the page has it already. */
  readonly known: Delivery | undefined;
  readonly search: string;
  readonly close: () => void;
}

/** A delivery, opened over the list. */
export function DeliverySheet({ id, known, search, close }: SheetProps): JSX.Element {
  const { api } = useConsole();
  const [loaded, reload] = useLoaded(id, () => (known ? Promise.resolve(known) : api.delivery(id)));
  return (
    <Dialog label="Delivery" kind="sheet" close={close}>
      <button
        type="button"
        class="button quiet icon-only sheet-close"
        aria-label="Close"
        title="Close"
        onClick={close}
      >
        <Icon name="cross" />
      </button>
      {loaded.state === 'loading' ? <Loading shape="card-shape" /> : null}
      {loaded.state === 'failed' ? <Trouble error={loaded.error} retry={reload} /> : null}
      {loaded.state === 'here' ? <DeliveryView delivery={loaded.value} search={search} /> : null}
    </Dialog>
  );
}
