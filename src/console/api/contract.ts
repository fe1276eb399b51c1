/** Answers of /api/v2: the types behind the server's own schemas. Types alone, so nothing of the server comes along. */
import type { HooksBody } from '../../api/schemas/hooks.ts';
import type { ServerBody } from '../../api/schemas/server.ts';
import type { ClientBody, StreamBody } from '../../api/schemas/streams.ts';
import type { UrlHealth } from '../../model/control.ts';
import type { BreakerState, Delivery, DeliveryOutcome } from '../../model/delivery.ts';
import type { Action } from '../../model/events.ts';
import type { AudioFacts, FrameMark, VideoFacts } from '../../model/stats.ts';

export type { Action, AudioFacts, BreakerState, Delivery, DeliveryOutcome, UrlHealth, VideoFacts };
export type Stream = StreamBody;
export type Client = ClientBody;
export type ServerFacts = ServerBody;
export type WorkerFacts = ServerBody['workers'][number];
export type Listening = ServerBody['listening'][number];
export type HookHealth = HooksBody;
export type LatencyBuckets = UrlHealth['latency'];
/** One packet of a stream that somebody looks at. */
export type Frame = FrameMark;

/** Messages of a stream of events. */
export type FeedEvent =
  | { readonly event: 'streams'; readonly data: { readonly at: number; readonly streams: readonly Stream[] } }
  | {
      readonly event: 'stream';
      readonly data: {
        readonly at: number;
        /** Null while there is no such stream. */
        readonly stream: Stream | null;
        readonly clients: readonly Client[];
        /** Items that have come since the last time. */
        readonly frames: readonly Frame[];
      };
    }
  | { readonly event: 'delivery'; readonly data: Delivery }
  | { readonly event: 'missed'; readonly data: { readonly count: number } }
  | { readonly event: 'hooks'; readonly data: HookHealth }
  | { readonly event: 'server'; readonly data: ServerFacts };

export type Topic = 'streams' | 'clients' | 'deliveries' | 'server' | 'hooks';
