import type { JSX } from 'preact';
import type { Stream } from '../api/contract.ts';
import { formatBytes, formatCount, formatRate } from '../format/amounts.ts';
import { Stat } from '../ui/stat.tsx';

interface FactsProps {
  readonly stream: Stream;
  /** kbit/s that come in now. */
  readonly rate: number;
}

/** A stream in figures. */
export function StreamFacts({ stream, rate }: FactsProps): JSX.Element {
  const { recvBytes, sendKbps, sendBytes, players, skips, video, recording } = stream;
  return (
    <dl class="stats">
      <Stat label="In" note={`${formatBytes(recvBytes)} so far`}>
        {formatRate(rate)}
      </Stat>
      <Stat label="Out" note={`${formatBytes(sendBytes)} so far`}>
        {formatRate(sendKbps)}
      </Stat>
      <Stat label="Viewers">{formatCount(players)}</Stat>
      <Stat label="Skips" note="by viewers that read too slowly" tone={skips > 0 ? 'warn' : undefined}>
        {formatCount(skips)}
      </Stat>
      <Stat label="Keyframe every">
        {video && video.gopMs > 0 ? `${(video.gopMs / 1000).toFixed(1)} s` : '–'}
      </Stat>
      {recording.length === 0 ? null : (
        <Stat label="Recorded to" note={recording.join(', ')}>
          {recording.length === 1 ? 'a file' : `${recording.length} files`}
        </Stat>
      )}
    </dl>
  );
}
