import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { useConsole } from '../live/console-context.ts';
import { useStore } from '../live/store.ts';
import { useShortcuts } from '../live/use-shortcuts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Keys } from './keys.tsx';

const TABS: readonly {
  readonly href: string;
  readonly name: string;
  readonly icon: IconName;
  readonly of: RegExp;
}[] = [
  { href: '/console/', name: 'Streams', icon: 'streams', of: /^\/console\/?(streams\/.*)?$/ },
  { href: '/console/hooks', name: 'Hooks', icon: 'hooks', of: /^\/console\/hooks/ },
  { href: '/console/config', name: 'Configuration', icon: 'config', of: /^\/console\/config/ },
  { href: '/console/server', name: 'Server', icon: 'server', of: /^\/console\/server/ },
];

/** Navigation, with whether the server is heard, and who is logged in. */
export function Side({ logOut }: { readonly logOut: () => void }): JSX.Element {
  const { streams, server } = useConsole();
  const { path } = useLocation();
  const now = useStore(streams.now);
  const [keys, setKeys] = useState(false);
  useShortcuts({ '?': () => setKeys(true) });
  return (
    <div class="side">
      <header class="brand-place">
        <a class="brand" href="/console/">
          <img src="/console/mark.svg" alt="" width="24" height="24" />
          Gatecast
        </a>
      </header>
      <nav class="tabs" aria-label="Pages">
        {TABS.map(({ href, name, icon, of }) => (
          <a key={href} class="tab" href={href} aria-current={of.test(path) ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
            {name === 'Streams' && now ? <span class="count">{now.streams.length}</span> : null}
          </a>
        ))}
      </nav>
      <footer class="side-foot">
        <ConnectionState />
        {server.user === null ? null : (
          <div class="row">
            <span class="truncate">{server.user}</span>
            <button type="button" class="button quiet" onClick={logOut}>
              <Icon name="out" />
              Log out
            </button>
          </div>
        )}
        <div class="about-console">
          <span>{server.version}</span>
          <button
            type="button"
            class="button quiet icon-only"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts"
            onClick={() => setKeys(true)}
          >
            <Icon name="keyboard" />
          </button>
        </div>
      </footer>
      {keys ? <Keys close={() => setKeys(false)} /> : null}
    </div>
  );
}
