import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { queryOf } from '../api/client.ts';
import { formatCount, plural } from '../format/amounts.ts';
import { useShortcuts } from '../live/use-shortcuts.ts';
import { Page } from '../shell/page.tsx';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';
import { Loading } from '../ui/loading.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { Announcer } from './announcer.tsx';
import { type DeliveryFilter, readFilter } from './delivery-filter.ts';
import { DeliveryRows } from './delivery-rows.tsx';
import { DeliverySheet } from './delivery-sheet.tsx';
import { FilterBar } from './filter-bar.tsx';
import { HookSummary } from './hook-summary.tsx';
import { HookTabs } from './hook-tabs.tsx';
import { useDeliveries } from './use-deliveries.ts';

/** Questions and events that the server sends to its backends, as they happen. */
export function HooksPage(): JSX.Element {
  const { query, route } = useLocation();
  const { params } = useRoute();
  const filter = readFilter(query);
  const [paused, setPaused] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const { past, reload, list, missed, health } = useDeliveries(filter, paused || scrolled);
  const filters = useRef<HTMLSelectElement>(null);
  useShortcuts({ p: () => setPaused(!paused), '/': () => filters.current?.focus() });
  const open = params['id'];
  const search = queryOf({ ...filter });
  const change = (wanted: DeliveryFilter) => route(`/console/hooks${queryOf({ ...wanted })}`, true);
  const filtered = search !== '';
  const known = {
    vhosts: list.shown.map(({ vhost }) => vhost),
    urls: [...(health?.urls ?? []), ...list.shown].map(({ url }) => url),
  };

  return (
    <Page
      title="Hooks"
      about="What the server asks and tells your backends"
      tools={
        <>
          <HookTabs />
          <button type="button" class="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            <Icon name={paused ? 'play' : 'pause'} />
            {paused ? 'Go on' : 'Pause'}
          </button>
        </>
      }
    >
      <HookSummary health={health} />
      <section class="panel deliveries" aria-label="Deliveries">
        <FilterBar filter={filter} change={change} first={filters} known={known} />
        {list.waiting.length > 0 ? (
          <button
            type="button"
            class="news"
            onClick={() => {
              setPaused(false);
              setScrolled(false);
            }}
          >
            Show {plural(list.waiting.length, 'new delivery', 'new deliveries')}
          </button>
        ) : null}
        {past.state === 'failed' ? <Trouble error={past.error} retry={reload} /> : null}
        {past.state === 'loading' && list.shown.length === 0 ? <Loading shape="row-shape" count={8} /> : null}
        {past.state === 'here' && list.shown.length === 0 ? <NothingYet filtered={filtered} /> : null}
        {list.shown.length === 0 ? null : (
          <DeliveryRows
            deliveries={list.shown}
            search={search}
            scrolled={scrolled}
            setScrolled={setScrolled}
          />
        )}
        {missed === 0 ? null : (
          <p class="deliveries-foot faint">
            {formatCount(missed)} deliveries came too fast to be shown one by one.
          </p>
        )}
      </section>
      <Announcer deliveries={list.shown} />
      {open === undefined ? null : (
        <DeliverySheet
          key={open}
          id={open}
          known={list.shown.find(({ id }) => id === open)}
          search={search}
          close={() => route(`/console/hooks${search}`)}
        />
      )}
    </Page>
  );
}

function NothingYet({ filtered }: { readonly filtered: boolean }): JSX.Element {
  return (
    <Empty icon="hooks" title={filtered ? 'No delivery fits this filter' : 'No delivery yet'}>
      <p>
        {filtered
          ? 'New ones that fit appear here by themselves.'
          : 'As soon as a client connects, publishes or plays, what your backend is asked appears here. Without http_hooks in the configuration nobody is asked.'}
      </p>
    </Empty>
  );
}
