import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { HookHealth } from '../api/contract.ts';
import { useConsole } from '../live/console-context.ts';
import { useFeed } from '../live/use-feed.ts';
import { useLoaded } from '../live/use-loaded.ts';
import { Page } from '../shell/page.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { HookSummary } from './hook-summary.tsx';
import { HookTabs } from './hook-tabs.tsx';
import { UrlCard } from './url-card.tsx';

/** Health of each URL of the backends. */
export function HealthPage(): JSX.Element {
  const { api } = useConsole();
  const [loaded, reload] = useLoaded('hooks', api.hooks);
  const [pushed, setPushed] = useState<HookHealth | undefined>(undefined);
  useFeed({ topics: ['hooks'] }, (event) => {
    if (event.event === 'hooks') setPushed(event.data);
  });
  const health = pushed ?? (loaded.state === 'here' ? loaded.value : undefined);
  return (
    <Page title="Hooks" about="How your backends answer" tools={<HookTabs />}>
      <HookSummary health={health} />
      {health ? <UrlCards health={health} /> : null}
      {!health && loaded.state === 'failed' ? <Trouble error={loaded.error} retry={reload} /> : null}
      {!health && loaded.state === 'loading' ? (
        <div class="url-cards">
          <Loading shape="url-shape" count={4} />
        </div>
      ) : null}
    </Page>
  );
}

function UrlCards({ health: { urls } }: { readonly health: HookHealth }): JSX.Element {
  if (urls.length > 0) {
    return (
      <ul class="url-cards">
        {urls.map((one) => (
          <UrlCard key={one.url} health={one} />
        ))}
      </ul>
    );
  }
  return (
    <div class="panel">
      <Empty icon="hooks" title="No backend is asked">
        <p>
          Name the URLs of your backend under http_hooks in the configuration, and how they answer appears
          here.
        </p>
        <a class="button" href="/console/config/edit">
          Edit the configuration
        </a>
      </Empty>
    </div>
  );
}
