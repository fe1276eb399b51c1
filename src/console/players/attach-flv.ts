/** Plays what a URL brings in a video element; the returned function ends it. */
export type Attach = (
  video: HTMLVideoElement,
  url: string,
  trouble: (sentence: string) => void,
  options: { readonly sound: boolean },
) => Promise<() => void>;

/** HTTP-FLV, by mpegts.js, which is loaded when it is first needed. */
export const attachFlv: Attach = async (video, url, trouble, { sound }) => {
  const { default: mpegts } = await import('mpegts.js');
  mpegts.LoggingControl.enableAll = false;
  if (!mpegts.isSupported()) throw new Error('This browser cannot play HTTP-FLV.');
  const player = mpegts.createPlayer(
    { type: 'flv', url, isLive: true, cors: true, ...(sound ? {} : { hasAudio: false }) },
    {
      lazyLoad: false,
      liveBufferLatencyChasing: true,
      liveBufferLatencyMaxLatency: 3,
      liveBufferLatencyMinRemain: 0.8,
      autoCleanupSourceBuffer: true,
    },
  );
  player.on(mpegts.Events.ERROR, (_kind: string, _detail: string, info?: { code?: number; msg?: string }) => {
    trouble(sentenceOf(info));
  });
  player.on(mpegts.Events.LOADING_COMPLETE, () => trouble('The stream has ended.'));
  player.attachMediaElement(video);
  player.load();
  return () => player.destroy();
};

function sentenceOf(info: { code?: number; msg?: string } | undefined): string {
  const code = info?.code;
  if (code === 401 || code === 403) return 'Your backend does not let this browser play the stream.';
  if (code === 404) return 'The stream is not on air.';
  return info?.msg ? `The player stopped: ${info.msg}` : 'The player stopped.';
}
