import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { LocationProvider } from 'preact-iso/router';
import { Api, type ApiError } from '../api/client.ts';
import type { ServerFacts } from '../api/contract.ts';
import { Trouble } from '../ui/trouble.tsx';
import { Console } from './console.tsx';
import { LogIn } from './log-in.tsx';

/** User of the console: not known yet, nobody because a log-in is missing, or somebody whom the server answers. */
type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'out' }
  | { readonly state: 'in'; readonly server: ServerFacts }
  | { readonly state: 'failed'; readonly error: ApiError };

/** The whole page: log-in or console, whichever the server wants. */
export function App(): JSX.Element | null {
  const [session, setSession] = useState<Session>({ state: 'asking' });
  const leave = useCallback(() => setSession({ state: 'out' }), []);
  const api = useMemo(() => new Api(leave), [leave]);
  const enter = useCallback(() => {
    api.server().then(
      (server) => setSession({ state: 'in', server }),
      (error: ApiError) => {
        if (error.status !== 401) setSession({ state: 'failed', error });
      },
    );
  }, [api]);
  useEffect(enter, [enter]);

  switch (session.state) {
    case 'asking':
      return null;
    case 'out':
      return <LogIn api={api} entered={enter} />;
    case 'failed':
      return (
        <main class="page">
          <h1>Gatecast</h1>
          <Trouble error={session.error} retry={enter} />
        </main>
      );
    case 'in':
      return (
        <LocationProvider scope="/console">
          <Console api={api} server={session.server} leave={leave} />
        </LocationProvider>
      );
    default:
      return session satisfies never;
  }
}
