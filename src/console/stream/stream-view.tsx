import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Client, Stream } from '../api/contract.ts';
import { describeAudio, describeVideo, formatFps, formatSize } from '../format/media.ts';
import { formatDuration } from '../format/times.ts';
import { useFeed } from '../live/use-feed.ts';
import { Page } from '../shell/page.tsx';
import { ClientTable } from './client-table.tsx';
import { FrameHistory, type FramePlots } from './frame-history.ts';
import { KickButton } from './kick-button.tsx';
import { PlayUrlList } from './play-url-list.tsx';
import { Player } from './player.tsx';
import { StreamFacts } from './stream-facts.tsx';
import { StreamPlots } from './stream-plots.tsx';

/** State that a stream's own events have brought. */
interface Seen {
  readonly at: number;
  readonly clients: readonly Client[];
  readonly plots: FramePlots;
}

interface ViewProps {
  readonly stream: Stream;
  /** kbit/s that came in, in each of the last seconds. */
  readonly rates: readonly number[];
  /** kbit/s that come in now. */
  readonly rate: number;
}

/** A stream that is on air: picture, figures, plots, and who is there. */
export function StreamView({ stream, rates, rate }: ViewProps): JSX.Element {
  const history = useRef<FrameHistory>(new FrameHistory());
  const [seen, setSeen] = useState<Seen | undefined>(undefined);
  useFeed({ topics: [], stream: stream.id }, (event) => {
    if (event.event !== 'stream') return;
    const { at, clients, frames } = event.data;
    setSeen({ at, clients, plots: history.current.take(frames) });
  });
  const { url, vhost, video, audio, startedAt, publisherId } = stream;
  const onAir = startedAt === null || !seen ? '' : `on air for ${formatDuration(seen.at - startedAt)}`;
  const about = [formatSize(video), formatFps(video), describeVideo(video), describeAudio(audio), onAir];
  return (
    <Page
      title={url}
      crumb={
        <>
          <a href="/console/">Streams</a>
          <span class="faint"> / {vhost}</span>
        </>
      }
      about={about.filter(Boolean).join(' · ')}
      tools={
        publisherId === null ? undefined : (
          <KickButton id={publisherId} who={`the publisher of ${url}`} wide />
        )
      }
    >
      <div class="stream-top">
        <Player stream={stream} />
        <PlayUrlList stream={stream} />
      </div>
      <StreamFacts stream={stream} rate={rate} />
      <StreamPlots rates={rates} plots={seen?.plots} />
      <ClientTable clients={seen?.clients} now={seen?.at ?? 0} />
    </Page>
  );
}
