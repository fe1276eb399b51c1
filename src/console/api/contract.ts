/**
 * What /api/v2 answers, as far as the console reads it. Types alone: the server's schemas validate, and
 * test/console/contract.test.ts holds the two together.
 */
import type { OutboxStats } from '../../model/control.ts';
import type { BreakerState, Delivery, DeliveryOutcome } from '../../model/delivery.ts';
import type { Action } from '../../model/lifecycle.ts';

export type { Action, BreakerState, Delivery, DeliveryOutcome, OutboxStats };

export interface VideoFacts {
  readonly codec: string;
  readonly profile: string;
  readonly level: string;
  readonly width: number;
  readonly height: number;
  /** 0 while it is not known. */
  readonly fps: number;
  /** From the last keyframe but one to the last one; 0 while it is not known. */
  readonly gopMs: number;
}

export interface AudioFacts {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly profile: string;
}

/** Addresses to play a stream at; null where the protocol is off. */
export interface PlayUrls {
  readonly rtmp: string | null;
  readonly flv: string | null;
  readonly wsFlv: string | null;
  readonly hls: string | null;
}

export interface Stream {
  readonly id: string;
  readonly vhost: string;
  readonly app: string;
  readonly name: string;
  readonly url: string;
  readonly publishing: boolean;
  readonly publisherId: string | null;
  /** Unix time in milliseconds. */
  readonly startedAt: number | null;
  readonly players: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
  readonly recvKbps: number;
  readonly sendKbps: number;
  readonly packets: number;
  readonly skips: number;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
  readonly play: PlayUrls;
  readonly recording: readonly string[];
}

export interface Client {
  readonly id: string;
  readonly number: number;
  readonly ip: string;
  readonly protocol: 'rtmp' | 'rtmps' | 'http-flv' | 'ws-flv' | 'hls';
  readonly role: 'publish' | 'play' | 'idle';
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly streamId: string | null;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly agent: string;
  readonly connectedAt: number;
  readonly recvBytes: number;
  readonly sendBytes: number;
  readonly recvKbps: number;
  readonly sendKbps: number;
  /** What waits for a player that reads slowly. */
  readonly backlogBytes: number;
  readonly skips: number;
}

/** One packet of a stream that somebody looks at. */
export interface Frame {
  /** Milliseconds on the stream's own clock. */
  readonly t: number;
  readonly kind: 'video' | 'audio' | 'data';
  readonly bytes: number;
  readonly keyframe: boolean;
}

export interface Listening {
  readonly protocol: 'rtmp' | 'rtmps' | 'http' | 'https' | 'api';
  readonly host: string;
  readonly port: number;
}

export interface WorkerFacts {
  /** From 1 on; 0 is a server of one process. */
  readonly worker: number;
  readonly pid: number;
  readonly connections: number;
  readonly cpuPercent: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface ServerFacts {
  readonly version: string;
  readonly serverId: string;
  readonly serviceId: string;
  readonly pid: number;
  readonly nodeVersion: string;
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly cpus: number;
  readonly load: readonly number[];
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly listening: readonly Listening[];
  readonly workers: readonly WorkerFacts[];
  /** Who is logged in; null where no credentials are configured. */
  readonly user: string | null;
}

export interface LatencyBuckets {
  /** Deliveries of up to `le` milliseconds that took longer than the bucket before; null is without a bound. */
  readonly buckets: readonly { readonly le: number | null; readonly count: number }[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How one URL of a backend fares. */
export interface UrlHealth {
  readonly url: string;
  readonly origin: string;
  readonly events: readonly string[];
  readonly breaker: BreakerState;
  readonly outcomes: Readonly<Record<DeliveryOutcome, number>>;
  readonly latency: LatencyBuckets;
}

export interface HookHealth {
  readonly urls: readonly UrlHealth[];
  readonly outbox: OutboxStats;
}

/** What a stream of events brings. */
export type FeedEvent =
  | { readonly event: 'streams'; readonly data: { readonly at: number; readonly streams: readonly Stream[] } }
  | {
      readonly event: 'stream';
      readonly data: {
        readonly at: number;
        /** Null while there is no such stream. */
        readonly stream: Stream | null;
        readonly clients: readonly Client[];
        readonly frames: readonly Frame[];
      };
    }
  | { readonly event: 'delivery'; readonly data: Delivery }
  | { readonly event: 'missed'; readonly data: { readonly count: number } }
  | { readonly event: 'hooks'; readonly data: HookHealth }
  | { readonly event: 'server'; readonly data: ServerFacts };

export type Topic = 'streams' | 'clients' | 'deliveries' | 'server' | 'hooks';
