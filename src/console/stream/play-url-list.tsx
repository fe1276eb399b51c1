import type { JSX } from 'preact';
import type { Stream } from '../api/contract.ts';
import { CopyLine } from '../ui/copy-line.tsx';

const NAMES = [
  ['rtmp', 'RTMP'],
  ['flv', 'HTTP-FLV'],
  ['wsFlv', 'WebSocket-FLV'],
  ['hls', 'HLS'],
] as const;

/** The addresses at which the stream can be played, to copy. */
export function PlayUrlList({ stream }: { readonly stream: Stream }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="play-at">
      <div class="panel-head">
        <h2 id="play-at">Play it at</h2>
      </div>
      <dl class="panel-body play-urls">
        {NAMES.map(([key, name]) => {
          const url = stream.play[key];
          return (
            <div key={key}>
              <dt>{name}</dt>
              <dd>
                {url === null ? (
                  <span class="faint">switched off</span>
                ) : (
                  <CopyLine text={url} what={`${name} URL`} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
