import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client.ts';

/** Something that is asked for once. */
export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: ApiError }
  | { readonly state: 'here'; readonly value: T };

/** Asks when the component comes, and whenever `key` changes. The second value asks again. */
export function useLoaded<T>(key: string, load: () => Promise<T>): readonly [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  const latest = useRef(load);
  latest.current = load;
  const turn = useRef(0);
  const ask = useCallback(() => {
    const mine = ++turn.current;
    const answer = (value: Loaded<T>) => mine === turn.current && setLoaded(value);
    latest.current().then(
      (value) => answer({ state: 'here', value }),
      (error: ApiError) => answer({ state: 'failed', error }),
    );
  }, []);
  useEffect(() => {
    setLoaded({ state: 'loading' });
    ask();
    return () => {
      turn.current++;
    };
  }, [ask, key]);
  return [loaded, ask];
}
