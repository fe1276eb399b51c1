import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Stream } from '../api/contract.ts';
import { codecName } from '../format/media.ts';
import { useVisible } from '../live/use-visible.ts';
import { sourceOf, usePlayer } from '../players/use-player.ts';
import { Icon } from '../ui/icon.tsx';

/** A pointer that only passes by starts nothing. */
const HOVER_MS = 250;

interface PreviewProps {
  readonly stream: Stream;
  readonly always: boolean;
}

/**
 * The picture of a stream. It plays while somebody points at it or has pressed it, and keeps its last picture: every
 * preview is a viewer like any other, whom the server sends packets and about whom the backend is asked, so none starts
 * by itself unless all of them are wanted.
 */
export function Preview({ stream, always }: PreviewProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const [wanted, setWanted] = useState(false);
  const [hasStill, setHasStill] = useState(false);
  const visible = useVisible(frame);
  const source = sourceOf(stream.play);
  const active = visible && stream.publishing && stream.video !== null && (wanted || always);
  const playing = usePlayer(video, active ? source : undefined, { sound: false });
  const hover = useHover(setWanted);

  useEffect(() => {
    if (playing.state !== 'playing') return;
    const keep = () => setHasStill((had) => drawStill(video.current, still.current) || had);
    const timer = setInterval(keep, 1000);
    return () => clearInterval(timer);
  }, [playing.state]);

  return (
    <div class={`preview ${playing.state} ${hasStill ? 'has-still' : ''}`} ref={frame} {...hover}>
      <canvas class="still" ref={still} />
      <video ref={video} muted playsInline tabIndex={-1} disablePictureInPicture />
      {hasStill || playing.state === 'playing' ? null : (
        <span class="preview-codec" aria-hidden="true">
          {stream.video ? codecName(stream.video.codec) : 'audio'}
        </span>
      )}
      {stream.publishing ? (
        <span class="on-air">
          <span class="dot" aria-hidden="true" /> live
        </span>
      ) : null}
      {source && stream.video ? (
        <button
          type="button"
          class="preview-button"
          aria-pressed={wanted}
          aria-label={`Preview ${stream.url}`}
          onClick={() => setWanted(!wanted)}
        >
          <Icon name={active ? 'pause' : 'play'} />
        </button>
      ) : null}
      {playing.state === 'failed' ? <p class="preview-trouble">{playing.sentence}</p> : null}
    </div>
  );
}

/** Tells when a mouse stays over something and when it leaves; a finger presses the button instead. */
function useHover(tell: (over: boolean) => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    onPointerEnter: (event: PointerEvent) => {
      if (event.pointerType === 'mouse') timer.current = setTimeout(tell, HOVER_MS, true);
    },
    onPointerLeave: (event: PointerEvent) => {
      clearTimeout(timer.current);
      if (event.pointerType === 'mouse') tell(false);
    },
  };
}

function drawStill(video: HTMLVideoElement | null, canvas: HTMLCanvasElement | null): boolean {
  if (!video || !canvas || video.videoWidth === 0) return false;
  canvas.width = 480;
  canvas.height = Math.round((480 * video.videoHeight) / video.videoWidth);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return true;
}
