import type { JSX, RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Delay of what is shown behind what has come, and what the browser could not show in time. */
export function PlayerDelay({ video }: { readonly video: RefObject<HTMLVideoElement | null> }): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    const look = () => {
      const element = video.current;
      if (!element || element.buffered.length === 0) return;
      const delay = element.buffered.end(element.buffered.length - 1) - element.currentTime;
      const dropped = element.getVideoPlaybackQuality().droppedVideoFrames;
      setText(`${Math.max(0, delay).toFixed(1)} s buffered, ${dropped} dropped`);
    };
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [video]);
  return <span class="faint">{text}</span>;
}
