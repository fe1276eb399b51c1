import type { HlsOptions, VhostOptions } from '../../src/model/options.ts';
import type { ServerDeps } from '../../src/server/server.ts';
import { HLS, PUBLISH, vhost } from './options.ts';
import { picture } from './picture.ts';
import { urisOf } from './segmented.ts';
import { until } from './until.ts';
import { startWebServer } from './web-server.ts';

const PATIENT = { ...PUBLISH, normalTimeoutMs: 3_600_000, firstPktTimeoutMs: 3_600_000 };

/** A whole server that cuts its streams into segments, and its viewers. */
export async function startHlsServer(
  options: {
    readonly hls?: Partial<HlsOptions>;
    readonly vhost?: Partial<VhostOptions>;
    readonly dir?: string;
    readonly more?: readonly VhostOptions[];
    readonly trusted?: readonly string[];
    readonly workerContext?: ServerDeps['workerContext'];
  } = {},
) {
  const own = vhost({ hls: { ...HLS, enabled: true, ...options.hls }, publish: PATIENT, ...options.vhost });
  const { dir, trusted = [], more = [], workerContext } = options;
  const server = await startWebServer({
    vhosts: [own, ...more],
    http: { dir, trusted },
    ...(workerContext ? { workerContext } : {}),
  });
  const base = `http://127.0.0.1:${server.port}`;
  const get = (url: string, init: RequestInit = {}) => fetch(new URL(url, base), init);
  return {
    ...server,
    base,
    get,
    /** Publishes sound of so many milliseconds, which becomes segments of two seconds, all but the last of them. */
    async publishSound(name: string, ms: number, from = 0, app = 'live') {
      const publisher = await server.publish(name, app);
      publisher.send(picture.audioHeader());
      for (let at = from; at <= from + ms; at += 40) publisher.send(picture.sound(at));
      return publisher;
    },
    /** Enters as a viewer: the URL of the media playlist. */
    async enter(path = '/live/cam.m3u8', init: RequestInit = {}): Promise<string> {
      const master = await get(path, init);
      if (master.status !== 200) throw new Error(`${master.status}: ${await master.text()}`);
      const [uri = ''] = urisOf(await master.text());
      return new URL(uri, new URL(path, base)).href;
    },
    /** The URLs of a media playlist's segments. */
    async segments(playlist: string): Promise<string[]> {
      const answer = await get(playlist);
      return urisOf(await answer.text()).map((uri) => new URL(uri, playlist).href);
    },
    /** Waits until somebody is given so many milliseconds. */
    waits: (ms: number) => until(`a wait of ${ms} ms`, () => server.clock.pending.includes(ms)),
    /** Waits until the gate was told. */
    told: (line: string) => until(line, () => server.gate.log.includes(line)),
  };
}
