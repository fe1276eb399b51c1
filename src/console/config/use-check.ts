import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client.ts';
import type { ConfigCheck } from '../api/config-contract.ts';
import { useConsole } from '../live/console-context.ts';

/** Pause in typing after which the text is checked, in milliseconds. */
const PAUSE_MS = 400;

export type Checked =
  | { readonly state: 'unchanged' }
  | { readonly state: 'checking' }
  | { readonly state: 'failed'; readonly error: ApiError }
  | { readonly state: 'checked'; readonly check: ConfigCheck };

/** Result of the server's check of a text that differs from the one in force. */
export function useCheck(text: string, holds: string): Checked {
  const { api } = useConsole();
  const [checked, setChecked] = useState<Checked>({ state: 'unchanged' });
  const turn = useRef(0);
  useEffect(() => {
    const mine = ++turn.current;
    const answer = (value: Checked) => mine === turn.current && setChecked(value);
    if (text === holds) {
      answer({ state: 'unchanged' });
      return;
    }
    answer({ state: 'checking' });
    const timer = setTimeout(() => {
      api.checkConfig(text).then(
        (check) => answer({ state: 'checked', check }),
        (error: ApiError) => answer({ state: 'failed', error }),
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [api, text, holds]);
  return checked;
}
