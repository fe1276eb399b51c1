import { createHash } from 'node:crypto';
import type { VhostOptions } from '../../model/options.ts';
import { MASK } from '../../model/secret-values.ts';
import type { AudioFacts, ClientStats, Rates, StreamStats, VideoFacts } from '../../model/stats.ts';
import { formatStreamUrl, streamId } from '../../model/stream-key.ts';

/** An object as SRS shows it; test/api/srs-fields.test.ts has its fields. */
export type SrsBody = Readonly<Record<string, unknown>>;

/** A vhost as SRS shows it, with the streams that are in it. */
export function vhostV1({ name, enabled, hls }: VhostOptions, streams: readonly StreamStats[]): SrsBody {
  const sum = (of: (stream: StreamStats) => number) => streams.reduce((all, stream) => all + of(stream), 0);
  return {
    id: vhostId(name),
    name,
    enabled,
    clients: sum(({ players, publisher }) => players + (publisher ? 1 : 0)),
    streams: streams.length,
    send_bytes: sum(({ sendBytes }) => sendBytes),
    recv_bytes: sum(({ recvBytes }) => recvBytes),
    kbps: { recv_30s: sum(({ recvKbps }) => recvKbps), send_30s: sum(({ sendKbps }) => sendKbps) },
    hls: hls.enabled ? { enabled: true, fragment: hls.fragmentMs / 1000 } : { enabled: false },
  };
}

/** A stream as SRS shows it. */
export function streamV1(stream: StreamStats, now: number): SrsBody {
  const { key, publisher, players, frames, sendBytes, recvBytes, video, audio } = stream;
  return {
    id: streamId(key),
    name: key.stream,
    vhost: vhostId(key.vhost),
    app: key.app,
    tcUrl: publisher?.tcUrl ?? `rtmp://${key.vhost}/${key.app}`,
    url: formatStreamUrl(key),
    live_ms: now,
    clients: players + (publisher ? 1 : 0),
    frames,
    send_bytes: sendBytes,
    recv_bytes: recvBytes,
    kbps: kbpsV1(stream),
    publish: publisher ? { active: true, cid: publisher.clientId } : { active: false },
    video: video ? videoV1(video) : null,
    audio: audio ? audioV1(audio) : null,
  };
}

/** SRS's names for publishers and players, by protocol. */
const PLAYERS: Readonly<Record<ClientStats['protocol'], string>> = {
  rtmp: 'rtmp-play',
  rtmps: 'rtmp-play',
  'http-flv': 'flv-play',
  'ws-flv': 'flv-play',
  hls: 'hls-play',
};

/** A client as SRS shows it. */
export function clientV1(client: ClientStats, now: number): SrsBody {
  const { vhost, app, stream, pageUrl, swfUrl, tcUrl, role, protocol, connectedAt } = client;
  const key = { vhost, app, stream };
  return {
    id: client.client.id,
    vhost: vhostId(vhost),
    stream: role === 'idle' || stream === MASK ? '' : streamId(key),
    ip: client.client.ip,
    pageUrl,
    swfUrl,
    tcUrl,
    url: formatStreamUrl(key),
    name: stream,
    // SRS has no word for one that has not said what it wants.
    type: role === 'publish' ? 'fmle-publish' : role === 'play' ? PLAYERS[protocol] : 'unknown',
    publish: role === 'publish',
    alive: Math.max(0, Math.round(now - connectedAt)) / 1000,
    send_bytes: client.sendBytes,
    recv_bytes: client.recvBytes,
    kbps: kbpsV1(client),
  };
}

function kbpsV1({ recvKbps, sendKbps }: Rates) {
  return { recv_30s: recvKbps, send_30s: sendKbps };
}

function videoV1({ codec, profile, level, width, height }: VideoFacts) {
  return { codec, profile, level, width, height };
}

function audioV1({ codec, sampleRate, channels, profile }: AudioFacts) {
  return { codec, sample_rate: sampleRate, channel: channels, profile };
}

/** The id of a vhost, in the form of SRS's: it follows from the name, so that it is the same after a restart. */
export function vhostId(name: string): string {
  const hash = createHash('sha1').update(`vhost ${name}`).digest().readUIntBE(0, 6);
  return `vid-${(hash % 36 ** 7).toString(36).padStart(7, '0')}`;
}
