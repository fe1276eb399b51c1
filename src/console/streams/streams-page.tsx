import type { JSX } from 'preact';
import { formatRate, plural } from '../format/amounts.ts';
import { useConsole } from '../live/console-context.ts';
import { useStore } from '../live/store.ts';
import { rateOf } from '../live/stream-watch.ts';
import { useKept } from '../live/use-kept.ts';
import { Page } from '../shell/page.tsx';
import { Loading } from '../ui/loading.tsx';
import { Switch } from '../ui/switch.tsx';
import { NoStreams } from './no-streams.tsx';
import { StreamCard } from './stream-card.tsx';

/** Streams on air. */
export function StreamsPage(): JSX.Element {
  const { streams: watch } = useConsole();
  const now = useStore(watch.now);
  const [previews, setPreviews] = useKept('previews', false);
  if (!now) {
    return (
      <Page title="Streams">
        <div class="cards">
          <Loading shape="card-shape" count={3} />
        </div>
      </Page>
    );
  }
  const { history } = now;
  // By name, so that a card stays where it is.
  const streams = now.streams.toSorted((a, b) => a.url.localeCompare(b.url));
  const players = streams.reduce((sum, stream) => sum + stream.players, 0);
  const rate = streams.reduce((sum, stream) => sum + rateOf(stream, now), 0);
  const about = `${plural(streams.length, 'stream')}, ${plural(players, 'viewer')}, ${formatRate(rate)} in`;
  return (
    <Page
      title="Streams"
      about={streams.length === 0 ? 'Nothing is on air.' : about}
      tools={
        streams.length === 0 ? undefined : (
          <Switch
            label="Play previews"
            on={previews}
            change={setPreviews}
            hint="Each preview is a viewer, about whom your backend is asked"
          />
        )
      }
    >
      {streams.length === 0 ? (
        <NoStreams />
      ) : (
        <ul class="cards">
          {streams.map((stream) => (
            <StreamCard
              key={stream.id}
              stream={stream}
              rates={history.get(stream.id) ?? []}
              rate={rateOf(stream, now)}
              always={previews}
            />
          ))}
        </ul>
      )}
    </Page>
  );
}
