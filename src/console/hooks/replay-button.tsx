import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../api/client.ts';
import type { Delivery } from '../api/contract.ts';
import { formatMs } from '../format/amounts.ts';
import { outcomeWord, verdictSentence } from '../format/verdict.ts';
import { useConsole } from '../live/console-context.ts';
import { Icon } from '../ui/icon.tsx';

/** Lets the server send an event again, and says what came of it. */
export function ReplayButton({ id, search }: { readonly id: string; readonly search: string }): JSX.Element {
  const { api } = useConsole();
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState<Delivery | undefined>(undefined);
  const [trouble, setTrouble] = useState('');
  const replay = async () => {
    setBusy(true);
    setTrouble('');
    try {
      setCame(await api.replay(id));
    } catch (error) {
      setTrouble((error as ApiError).message);
    }
    setBusy(false);
  };
  return (
    <footer class="replay">
      <button type="button" class="button primary" disabled={busy} onClick={() => void replay()}>
        <Icon name="replay" />
        {busy ? 'Sending …' : 'Replay'}
      </button>
      <p role="status">
        {trouble}
        {came && trouble === '' ? (
          <>
            Sent again: {outcomeWord(came)}, after {formatMs(came.timing.totalMs)}. {verdictSentence(came)}{' '}
            <a href={`/console/hooks/deliveries/${encodeURIComponent(came.id)}${search}`}>Open it</a>
          </>
        ) : null}
        {came || trouble ? null : (
          <span class="faint">
            Sends the same event with the same body to the same URL. No client feels the answer.
          </span>
        )}
      </p>
    </footer>
  );
}
