import type { ListeningPlace } from '../../../model/control.ts';
import { DEFAULT_VHOST, type StreamKey } from '../../../model/stream-key.ts';
import type { PlayUrls } from '../schemas/streams.ts';

const USUAL_PORTS: Readonly<Record<string, number>> = { rtmp: 1935, rtmps: 443, http: 80, https: 443 };

/** What URLs of a stream are made of. */
export interface UrlMeans {
  /** The Host header by which the server was reached. */
  readonly host: string;
  readonly listening: readonly ListeningPlace[];
}

/** URLs by which the stream can be played, at the name by which the server was reached. */
export function playUrls(key: StreamKey, means: UrlMeans): PlayUrls {
  const rtmp = baseOf(means, 'rtmp') ?? baseOf(means, 'rtmps');
  return {
    rtmp: rtmp === undefined ? null : `${rtmp}/${pathOf(key)}${vhostOf(key)}`,
    flv: null,
    wsFlv: null,
    hls: null,
  };
}

/** `scheme://host[:port]` of a protocol; undefined if the server does not listen for it. */
function baseOf({ host, listening }: UrlMeans, protocol: ListeningPlace['protocol']): string | undefined {
  const place = listening.find((one) => one.protocol === protocol);
  if (!place) return undefined;
  const name = host.replace(/:\d+$/, '');
  return `${protocol}://${name}${place.port === USUAL_PORTS[protocol] ? '' : `:${place.port}`}`;
}

function pathOf({ app, stream }: StreamKey): string {
  return [...app.split('/'), stream].map(encodeURIComponent).join('/');
}

function vhostOf({ vhost }: StreamKey): string {
  return vhost === DEFAULT_VHOST ? '' : `?vhost=${encodeURIComponent(vhost)}`;
}
