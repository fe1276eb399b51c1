import type { Attach } from './attach-flv.ts';

/** HLS, by the browser where it can, else by hls.js, which is loaded when it is first needed. */
export const attachHls: Attach = async (video, url, trouble) => {
  if (!('MediaSource' in globalThis)) return attachNative(video, url, trouble);
  const { default: Hls } = await import('hls.js/light');
  if (!Hls.isSupported()) return attachNative(video, url, trouble);
  const player = new Hls({ lowLatencyMode: true, enableWorker: false });
  player.on(Hls.Events.ERROR, (_event, { fatal, response, details }) => {
    if (!fatal) return;
    if (response?.code === 401 || response?.code === 403)
      trouble('Your backend does not let this browser play the stream.');
    else if (response?.code === 404) trouble('There is no playlist of the stream yet.');
    else trouble(`The player stopped: ${details}.`);
  });
  player.loadSource(url);
  player.attachMedia(video);
  return () => player.destroy();
};

function attachNative(video: HTMLVideoElement, url: string, trouble: (sentence: string) => void): () => void {
  const failed = () => trouble('This browser cannot play the stream.');
  video.addEventListener('error', failed);
  video.src = url;
  return () => {
    video.removeEventListener('error', failed);
    video.removeAttribute('src');
    video.load();
  };
}
