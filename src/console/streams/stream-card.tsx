import type { JSX } from 'preact';
import type { Stream } from '../api/contract.ts';
import { formatCount, formatRate, plural } from '../format/amounts.ts';
import { describeAudio, describeVideo, formatFps, formatSize } from '../format/media.ts';
import { Badge } from '../ui/badge.tsx';
import { Icon } from '../ui/icon.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { Preview } from './preview.tsx';

/** A line that has just begun fills the width when it is this long. */
const FIRST_SECONDS = 20;

interface CardProps {
  readonly stream: Stream;
  /** kbit/s of the last seconds. */
  readonly rates: readonly number[];
  /** kbit/s now. */
  readonly rate: number;
  /** Play the preview without being asked. */
  readonly always: boolean;
}

/** One stream at a glance. */
export function StreamCard({ stream, rates, rate, always }: CardProps): JSX.Element {
  const { id, vhost, url, video, audio, players, publishing, recording } = stream;
  const facts = [formatSize(video), formatFps(video)].filter(Boolean);
  return (
    <li class="card panel">
      <Preview stream={stream} always={always} />
      <div class="card-body">
        <div class="card-title">
          <h2 class="truncate">
            <a href={`/console/streams/${encodeURIComponent(id)}`}>{url}</a>
          </h2>
          <span class="card-viewers" title={plural(players, 'viewer')}>
            <Icon name="viewers" />
            <span aria-hidden="true">{formatCount(players)}</span>
            <span class="unseen">{plural(players, 'viewer')}</span>
          </span>
        </div>
        <p class="card-facts truncate">
          {facts.length > 0 ? <b>{facts.join(' · ')}</b> : null}
          {describeVideo(video)} · {describeAudio(audio)}
        </p>
        <div class="card-rate">
          <Sparkline
            values={rates}
            room={Math.max(rates.length, FIRST_SECONDS)}
            label={`Bitrate of the last minute, now ${formatRate(rate)}`}
          />
          <span class="card-kbps">{publishing ? formatRate(rate) : 'no publisher'}</span>
        </div>
        {vhost === '__defaultVhost__' && recording.length === 0 ? null : (
          <p class="card-tags">
            {vhost === '__defaultVhost__' ? null : <Badge tone="calm">{vhost}</Badge>}
            {recording.length === 0 ? null : (
              <Badge tone="bad">
                <span class="dot" aria-hidden="true" /> recording
              </Badge>
            )}
          </p>
        )}
      </div>
    </li>
  );
}
