import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { ListeningPlace, ServerControl } from '../model/control.ts';
import type { VhostOptions } from '../model/options.ts';
import { MASK } from '../model/secret-values.ts';
import type { ClientStats, ProcessFacts, StreamStats } from '../model/stats.ts';
import { DEFAULT_VHOST, type StreamKey, streamId } from '../model/stream-key.ts';
import type { ServerBody } from './schemas/server.ts';
import type { ClientBody, PlayUrls, StreamBody } from './schemas/streams.ts';

/** A stream as `/api/v2` shows it. */
export function streamBody(stream: StreamStats, deps: UrlDeps): StreamBody {
  const { key, publisher, players, recvBytes, sendBytes, recvKbps, sendKbps, packets, skips } = stream;
  return {
    id: streamId(key),
    vhost: key.vhost,
    app: key.app,
    name: key.stream,
    url: `${key.app}/${key.stream}`,
    publishing: publisher !== undefined,
    publisherId: publisher?.clientId ?? null,
    startedAt: publisher?.startedAt ?? null,
    players,
    recvBytes,
    sendBytes,
    recvKbps,
    sendKbps,
    packets,
    skips,
    video: stream.video ?? null,
    audio: stream.audio ?? null,
    play: playUrls(key, deps),
    recording: stream.recordings,
  };
}

/** A client as `/api/v2` shows it. */
export function clientBody(facts: ClientStats): ClientBody {
  const { client, protocol, role, vhost, app, stream, tcUrl, pageUrl, agent, connectedAt } = facts;
  const { recvBytes, sendBytes, recvKbps, sendKbps, backlogBytes, skips } = facts;
  return {
    ...client,
    protocol,
    role,
    vhost,
    app,
    stream,
    // A name that is hidden leads to no stream.
    streamId: role === 'idle' || stream === MASK ? null : streamId(facts),
    tcUrl,
    pageUrl,
    agent,
    connectedAt,
    recvBytes,
    sendBytes,
    recvKbps,
    sendKbps,
    backlogBytes,
    skips,
  };
}

const USUAL_PORTS: Readonly<Record<string, number>> = { rtmp: 1935, rtmps: 443, http: 80, https: 443 };

/** Parts of which URLs of a stream are made. */
export interface UrlDeps {
  /** The Host header by which the server was reached. */
  readonly host: string;
  readonly listening: readonly ListeningPlace[];
  readonly vhosts: readonly VhostOptions[];
}

/** URLs by which the stream can be played, at the name by which the server was reached. */
export function playUrls(key: StreamKey, deps: UrlDeps): PlayUrls {
  const rtmp = baseOf(deps, 'rtmp') ?? baseOf(deps, 'rtmps');
  const web = baseOf(deps, 'http') ?? baseOf(deps, 'https');
  const vhost = deps.vhosts.find(({ name }) => name === key.vhost);
  const query = key.vhost === DEFAULT_VHOST ? '' : `?vhost=${encodeURIComponent(key.vhost)}`;
  const at = (base: string | undefined, path: string) =>
    base === undefined ? null : `${base}${path}${query}`;
  const flv = vhost?.httpRemux.enabled ? at(web, filled(vhost.httpRemux.mount, key)) : null;
  const playlist = (file: string) => filled(`/${file.replace(/^(?:\.\/)+/, '')}`, key);
  return {
    rtmp: at(rtmp, filled('/[app]/[stream]', key)),
    flv,
    wsFlv: flv?.replace(/^http/, 'ws') ?? null,
    hls: vhost?.hls.enabled ? at(web, playlist(vhost.hls.m3u8File)) : null,
  };
}

/** `scheme://host[:port]` of a protocol; undefined if the server does not listen for it. */
function baseOf({ host, listening }: UrlDeps, protocol: ListeningPlace['protocol']): string | undefined {
  const place = listening.find((one) => one.protocol === protocol);
  if (!place) return undefined;
  const name = host.replace(/:\d+$/, '');
  return `${protocol}://${name}${place.port === USUAL_PORTS[protocol] ? '' : `:${place.port}`}`;
}

/** A path with the stream's names in the places for them. */
function filled(path: string, { vhost, app, stream }: StreamKey): string {
  const words: Readonly<Record<string, string>> = { vhost, app, stream };
  return path
    .split('/')
    .map((segment) =>
      segment.replace(/\[(vhost|app|stream)\]/g, (_match, word: string) =>
        // An app may have slashes.
        (words[word] ?? '').split('/').map(encodeURIComponent).join('/'),
      ),
    )
    .join('/');
}

/** The server as `/api/v2` shows it. */
export function serverBody(
  control: ServerControl,
  processes: readonly ProcessFacts[],
  user: string | null,
): ServerBody {
  const { version, serverId, serviceId, startedAt } = control;
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    version,
    serverId,
    serviceId,
    pid: process.pid,
    nodeVersion: process.version,
    startedAt,
    uptimeMs: Date.now() - startedAt,
    cpus: availableParallelism(),
    load: [one, five, fifteen],
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    listening: control.listening(),
    workers: processes.map(({ totals: _totals, kinds: _kinds, ...facts }) => facts),
    user,
  };
}
