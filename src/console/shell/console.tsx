import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Api } from '../api/client.ts';
import type { ServerFacts } from '../api/contract.ts';
import { ConsoleContext } from '../live/console-context.ts';
import { Feed } from '../live/feed.ts';
import { StreamWatch } from '../live/stream-watch.ts';
import { useShortcuts } from '../live/use-shortcuts.ts';
import { LostBar } from './lost-bar.tsx';
import { Notes } from './notes.tsx';
import { Pages } from './pages.tsx';
import { Side } from './side.tsx';
import { useNotes } from './use-notes.ts';

interface ConsoleProps {
  readonly api: Api;
  readonly server: ServerFacts;
  /** Called when nobody is logged in any more. */
  readonly leave: () => void;
}

/** The console of somebody whom the server answers: navigation, the page of the address, and what all of them share. */
export function Console({ api, server, leave }: ConsoleProps): JSX.Element {
  const { notes, say } = useNotes();
  const { route } = useLocation();
  const tools = useMemo(
    () => ({ api, server, say, feed: new Feed(leave), streams: new StreamWatch() }),
    [api, server, say, leave],
  );
  useEffect(() => tools.streams.start(tools.feed), [tools]);
  useShortcuts({
    'g s': () => route('/console/'),
    'g h': () => route('/console/hooks'),
    'g c': () => route('/console/config'),
    'g v': () => route('/console/server'),
  });
  const logOut = () => {
    api.logout().then(leave, leave);
  };
  return (
    <ConsoleContext.Provider value={tools}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="shell">
        <Side logOut={logOut} />
        <main class="main" id="main" tabIndex={-1}>
          <LostBar />
          <Pages />
        </main>
      </div>
      <Notes notes={notes} />
    </ConsoleContext.Provider>
  );
}
