/** Streams, clients and processes as an operator sees them. Facts are looked up on request, never before. */
import type { Action, ClientIdentity } from './events.ts';
import { formatStreamKey, type StreamKey, streamId } from './stream-key.ts';

export type ClientProtocol = 'rtmp' | 'rtmps' | 'http-flv' | 'ws-flv' | 'hls';
export type ClientRole = 'publish' | 'play' | 'idle';

/** A client, as its protocol knows it at this moment. */
export interface ClientInfo {
  readonly client: ClientIdentity;
  readonly protocol: ClientProtocol;
  readonly role: ClientRole;
  /** Empty, as are `app` and `stream`, while it has not come that far. */
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  /** Program of the client, as it names itself. */
  readonly agent: string;
  /** Time since it connected, in milliseconds. */
  readonly ageMs: number;
  /** Bytes from and to the client, as the server sees it. */
  readonly recvBytes: number;
  readonly sendBytes: number;
  /** Bytes that wait for the client to take them. */
  readonly backlogBytes: number;
  /** Times that it was too slow and skipped to a later keyframe. */
  readonly skips: number;
}

/** Bits per millisecond over the last 30 seconds. */
export interface Rates {
  readonly recvKbps: number;
  readonly sendKbps: number;
}

export interface ClientStats extends ClientInfo, Rates {
  /** Unix time in milliseconds. */
  readonly connectedAt: number;
}

export interface VideoFacts {
  /** `H264`, `HEVC`, `AV1` …, as SRS writes them. */
  readonly codec: string;
  /** Empty if the codec's configuration does not say, as is `level`. */
  readonly profile: string;
  readonly level: string;
  /** 0 if unknown, as is `height`. */
  readonly width: number;
  readonly height: number;
  /** Frames a second and milliseconds between keyframes, of the last complete GOP; 0 while there is none. */
  readonly fps: number;
  readonly gopMs: number;
}

export interface AudioFacts {
  readonly codec: string;
  /** 0 if unknown, as is `channels`. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly profile: string;
}

/** Publisher of a stream. */
export interface PublisherFacts {
  readonly clientId: string;
  readonly tcUrl: string;
  /** When it went on air, as Unix time in milliseconds. */
  readonly startedAt: number;
}

/** A stream that is published or played. */
export interface StreamStats extends Rates {
  readonly key: StreamKey;
  /** Undefined while players wait for one. */
  readonly publisher: PublisherFacts | undefined;
  readonly players: number;
  /** Of the present publish: bytes and packets of media, and the video frames among those. */
  readonly recvBytes: number;
  readonly packets: number;
  readonly frames: number;
  /** Of the present publish, to players and to other processes of the server. */
  readonly sendBytes: number;
  /** Skips of all players since the stream began. */
  readonly skips: number;
  readonly video: VideoFacts | undefined;
  readonly audio: AudioFacts | undefined;
  /** Files that are being written of it. */
  readonly recordings: readonly string[];
}

/** One packet of a stream, as it is plotted. */
export interface FrameMark {
  /** On the stream's time line, in milliseconds. */
  readonly t: number;
  readonly kind: 'video' | 'audio' | 'data';
  readonly bytes: number;
  readonly keyframe: boolean;
}

/** Clients of one kind. */
export interface ClientCount {
  readonly protocol: ClientProtocol;
  readonly role: ClientRole;
  readonly count: number;
}

/** State of a server process. */
export interface ProcessFacts {
  /** From 1 on; 0 is a server of one process. */
  readonly worker: number;
  readonly pid: number;
  readonly connections: number;
  /** Clients by kind; kinds without any are left out. */
  readonly kinds: readonly ClientCount[];
  /** Of one core, over the last seconds. */
  readonly cpuPercent: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Delay of timers over the last seconds, in milliseconds. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly totals: ProcessTotals;
}

/** Totals of a process since it began. */
export interface ProcessTotals {
  readonly clients: number;
  /** Connections over `max_connections`. */
  readonly turnedAway: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
  readonly skips: number;
  /** Questions that were answered with no, whoever said it, by their event. */
  readonly refusals: Readonly<Partial<Record<Action, number>>>;
}

/** Some of the clients; what is left out does not matter. */
export interface ClientFilter {
  readonly id?: string | undefined;
  /** The id of a stream. */
  readonly stream?: string | undefined;
  readonly ip?: string | undefined;
  readonly vhost?: string | undefined;
  readonly protocol?: ClientProtocol | undefined;
  readonly role?: ClientRole | undefined;
}

/** Query for more than streams and processes. */
export interface StatsQuery {
  /** Clients that fit, in the order in which they came: `count` of them after the first `start`. */
  readonly clients?: (ClientFilter & { readonly start: number; readonly count: number }) | undefined;
  /** Packets of the stream with this id, after the one that `after` names; 0 begins to note them. */
  readonly frames?: { readonly stream: string; readonly after: number } | undefined;
}

/** Stats of one process, with its clients from the first on; or merged stats of all, with the clients asked for. */
export interface ServerStats {
  readonly processes: readonly ProcessFacts[];
  readonly streams: readonly StreamStats[];
  readonly clients: readonly ClientStats[];
  /** Clients that fit, listed or not. */
  readonly matching: number;
  /** Undefined if nobody asked for them, or the stream is not published. `last` names the newest. */
  readonly frames: { readonly last: number; readonly marks: readonly FrameMark[] } | undefined;
}

/** Source of stats. */
export interface StatsSource {
  collectStats(question: StatsQuery): Promise<ServerStats>;
  /** Shows out the clients that fit; resolves with how many. */
  kick(filter: ClientFilter): Promise<number>;
}

/** The stats of the only process that there is. */
export function singleProcessStats(statsSource: StatsSource): StatsSource {
  return {
    collectStats: async (question) => mergeStats([await statsSource.collectStats(question)], question),
    kick: (filter) => statsSource.kick(filter),
  };
}

/** Tells which clients are meant. Made for one search: it remembers the ids of the streams that it has met. */
export function clientMatcher(filter: ClientFilter): (facts: ClientInfo) => boolean {
  const { id, stream, ip, vhost, protocol, role } = filter;
  const ids = new Map<string, string>();
  const idOf = (key: StreamKey) => {
    const name = formatStreamKey(key);
    const known = ids.get(name) ?? streamId(key);
    ids.set(name, known);
    return known;
  };
  return (facts) =>
    (id === undefined || facts.client.id === id) &&
    (ip === undefined || facts.client.ip === ip) &&
    (vhost === undefined || facts.vhost === vhost) &&
    (protocol === undefined || facts.protocol === protocol) &&
    (role === undefined || facts.role === role) &&
    (stream === undefined || (facts.role !== 'idle' && idOf(facts) === stream));
}

/** Merges the stats of several processes: a stream is one, wherever its publisher and its players are. */
export function mergeStats(parts: readonly ServerStats[], question: StatsQuery): ServerStats {
  const streams = new Map<string, StreamStats>();
  for (const stream of parts.flatMap((part) => part.streams)) {
    const name = formatStreamKey(stream.key);
    const other = streams.get(name);
    streams.set(name, other ? joined(other, stream) : stream);
  }
  const { start = 0, count = 0 } = question.clients ?? {};
  const clients = parts
    .flatMap((part) => part.clients)
    .toSorted((a, b) => a.client.number - b.client.number)
    .slice(start, start + count);
  return {
    processes: parts.flatMap((part) => part.processes).toSorted((a, b) => a.worker - b.worker),
    streams: [...streams.values()],
    clients,
    matching: parts.reduce((sum, { matching }) => sum + matching, 0),
    frames: parts.find(({ frames }) => frames !== undefined)?.frames,
  };
}

/** Merges one stream: incoming traffic is that of the publisher's process, outgoing is the sum of all. */
function joined(a: StreamStats, b: StreamStats): StreamStats {
  const home = b.publisher ? b : a;
  return {
    ...home,
    players: a.players + b.players,
    sendBytes: a.sendBytes + b.sendBytes,
    sendKbps: a.sendKbps + b.sendKbps,
    skips: a.skips + b.skips,
  };
}
