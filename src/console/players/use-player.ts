import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { attachFlv } from './attach-flv.ts';
import { attachHls } from './attach-hls.ts';

/** Source to play, and how it comes here. */
export interface Source {
  readonly by: 'flv' | 'hls';
  readonly url: string;
}

export type Playing =
  | { readonly state: 'off' }
  | { readonly state: 'loading' }
  | { readonly state: 'playing' }
  | { readonly state: 'failed'; readonly sentence: string };

/** Plays a source in a video element while there is one. `again` counts attempts: another number plays from the start. */
export function usePlayer(
  element: RefObject<HTMLVideoElement | null>,
  source: Source | undefined,
  { sound, again = 0 }: { readonly sound: boolean; readonly again?: number },
): Playing {
  const [playing, setPlaying] = useState<Playing>({ state: 'off' });
  const by = source?.by;
  const url = source?.url;
  useEffect(() => {
    const video = element.current;
    if (!video || url === undefined) {
      setPlaying({ state: 'off' });
      return;
    }
    const over = new AbortController();
    let detach = () => {};
    const fail = (sentence: string) => over.signal.aborted || setPlaying({ state: 'failed', sentence });
    const started = () => setPlaying({ state: 'playing' });
    setPlaying({ state: 'loading' });
    video.addEventListener('playing', started, { signal: over.signal });
    const attach = by === 'hls' ? attachHls : attachFlv;
    attach(video, url, fail, { sound }).then(
      (end) => {
        detach = end;
        if (over.signal.aborted) return end();
        // A viewer who has left meanwhile, or whose browser wants a press first, finds the controls.
        video.play().catch(() => undefined);
      },
      (error: Error) => fail(error.message),
    );
    return () => {
      over.abort();
      detach();
    };
  }, [element, by, url, sound, again]);
  return playing;
}

/** The way to play a stream here that costs least; undefined if there is none. */
export function sourceOf({
  flv,
  hls,
}: {
  readonly flv: string | null;
  readonly hls: string | null;
}): Source | undefined {
  if (flv !== null && 'MediaSource' in globalThis) return { by: 'flv', url: flv };
  if (hls !== null) return { by: 'hls', url: hls };
  return undefined;
}
