import type { JSX } from 'preact';
import { useRoute } from 'preact-iso/router';
import { useConsole } from '../live/console-context.ts';
import { useStore } from '../live/store.ts';
import { rateOf } from '../live/stream-watch.ts';
import { Page } from '../shell/page.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { StreamView } from './stream-view.tsx';

const BACK = <a href="/console/">Streams</a>;

/** Everything about one stream, while it is on air. */
export function StreamPage(): JSX.Element {
  const { params } = useRoute();
  const { streams } = useConsole();
  const now = useStore(streams.now);
  const stream = now?.streams.find(({ id }) => id === params['id']);
  if (stream && now) {
    const rates = now.history.get(stream.id) ?? [];
    return <StreamView key={stream.id} stream={stream} rates={rates} rate={rateOf(stream, now)} />;
  }
  return (
    <Page title="Stream" crumb={BACK}>
      {now === undefined ? (
        <Loading shape="card-shape" count={2} />
      ) : (
        <div class="panel" role="status">
          <Empty icon="streams" title="This stream is not on air">
            <p>It shows up here as soon as somebody publishes it or waits for it.</p>
          </Empty>
        </div>
      )}
    </Page>
  );
}
