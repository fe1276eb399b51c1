import { MASK } from '../../model/secret-values.ts';
import type { ClientStats, StreamStats } from '../../model/stats.ts';
import { streamId } from '../../model/stream-key.ts';
import type { ClientBody, StreamBody } from '../schemas/streams.ts';
import { playUrls, type UrlDeps } from './play-urls.ts';

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
