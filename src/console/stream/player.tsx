import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Stream } from '../api/contract.ts';
import { type Source, sourceOf, usePlayer } from '../players/use-player.ts';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';
import { PlayerDelay } from './player-delay.tsx';

const NAMES = { flv: 'HTTP-FLV', hls: 'HLS' } as const;

/** Plays the stream when it is pressed; by HTTP-FLV or HLS, whichever the server has and the reader wants. */
export function Player({ stream }: { readonly stream: Stream }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [by, setBy] = useState<Source['by'] | undefined>(undefined);
  const [again, setAgain] = useState(0);
  const playing = usePlayer(video, sourceBy(stream, by), { sound: true, again });
  const best = sourceOf(stream.play);
  const ways = (['flv', 'hls'] as const).filter((way) => stream.play[way] !== null);
  return (
    <section class="panel player" aria-label="Player">
      <div class={`player-screen ${playing.state}`}>
        {/* biome-ignore lint/a11y/useMediaCaption: a live stream comes without captions */}
        <video ref={video} controls={by !== undefined} playsInline aria-label={`Picture of ${stream.url}`} />
        {best ? null : (
          <Empty icon="streams" title="No way to play it here">
            <p>
              Switch HTTP-FLV (http_remux) or HLS on in the configuration, and browsers can play the stream.
            </p>
          </Empty>
        )}
        {best && by === undefined ? (
          <button type="button" class="player-start" onClick={() => setBy(best.by)}>
            <Icon name="play" />
            Play
          </button>
        ) : null}
        {playing.state === 'failed' ? (
          <div class="player-trouble" role="alert">
            <p>{playing.sentence}</p>
            <button type="button" class="button" onClick={() => setAgain(again + 1)}>
              Try again
            </button>
          </div>
        ) : null}
      </div>
      {best ? (
        <div class="player-foot">
          <div class="segments">
            {ways.map((way) => (
              <button
                key={way}
                type="button"
                class="segment"
                aria-pressed={(by ?? best.by) === way}
                onClick={() => setBy(way)}
              >
                {NAMES[way]}
              </button>
            ))}
          </div>
          {playing.state === 'playing' ? <PlayerDelay video={video} /> : null}
          {playing.state === 'loading' ? <span class="faint">Loading …</span> : null}
          {by === undefined ? null : (
            <button type="button" class="button quiet" onClick={() => setBy(undefined)}>
              Stop
            </button>
          )}
        </div>
      ) : null}
    </section>
  );
}

function sourceBy({ play }: Stream, by: Source['by'] | undefined): Source | undefined {
  const url = by === undefined ? null : play[by];
  return by === undefined || url === null ? undefined : { by, url };
}
