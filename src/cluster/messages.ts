import type { HookReport } from '../model/delivery.ts';
import type { Config } from '../model/options.ts';
import type { SequenceStart } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { OpenAddress } from '../net/listeners.ts';
import type { EventRecorderNotice, EventRecorderRequest } from './ipc-event-recorder.ts';
import type { StatsAnswer, StatsRequest } from './ipc-stats.ts';
import type { Place } from './registry.ts';

/** What a worker asks of the registry; `id` names the claim, the slot, the watch or the question in what follows. */
export type RegistryRequest =
  | { readonly type: 'watch' | 'where' | 'locate'; readonly id: number; readonly key: StreamKey }
  | { readonly type: 'claim'; readonly id: number; readonly key: StreamKey; readonly takeover: boolean }
  | { readonly type: 'acquire slot'; readonly id: number; readonly key: StreamKey; readonly most: number }
  | { readonly type: 'sequence'; readonly id: number; readonly key: StreamKey; readonly next: number }
  | { readonly type: 'on air'; readonly id: number; readonly mostPlayers: number | undefined }
  | { readonly type: 'release' | 'release slot' | 'unwatch' | 'confirmed'; readonly id: number };

/** What the registry says to a worker. */
export type RegistryNotice =
  | { readonly type: 'claimed'; readonly id: number; readonly granted: boolean }
  /** `full` is how many there are if none was free. */
  | { readonly type: 'slot acquired'; readonly id: number; readonly full: number | undefined }
  | { readonly type: 'sequenced'; readonly id: number; readonly start: SequenceStart }
  | { readonly type: 'found'; readonly id: number; readonly onAir: boolean }
  /** `located` is an answer, `place` the news of a watch. */
  | { readonly type: 'place' | 'located'; readonly id: number; readonly place: Place | undefined }
  /** Look whether the publisher is still there; with `takeover`, make it leave. */
  | { readonly type: 'confirm'; readonly id: number; readonly key: StreamKey; readonly takeover: boolean };

/** Ids for clients: `first` and those after it, `count` in all. */
export interface NumberBlock {
  readonly first: number;
  readonly count: number;
}

/** All that a worker needs to begin. */
export interface Assignment {
  /** From 1 on; a replacement has the number of the worker that it replaces. */
  readonly worker: number;
  /** How many there are. */
  readonly workers: number;
  readonly config: Config;
  readonly serverId: string;
  readonly serviceId: string;
  readonly place: Place;
  /** Lets relays in. */
  readonly token: string;
  readonly numbers: readonly NumberBlock[];
}

export type ToWorker =
  | { readonly type: 'start'; readonly assignment: Assignment }
  /** Answered with `prepared` or `failed`; then one of the next two follows. */
  | { readonly type: 'prepare'; readonly config: Config }
  /** Answered with `listening`. */
  | { readonly type: 'commit' }
  | { readonly type: 'roll back' }
  | { readonly type: 'reopen log' }
  | { readonly type: 'stop'; readonly timeoutMs: number }
  | { readonly type: 'numbers'; readonly block: NumberBlock }
  | { readonly type: 'stats'; readonly request: StatsRequest }
  | { readonly type: 'recorder'; readonly notice: EventRecorderNotice }
  | { readonly type: 'registry'; readonly notice: RegistryNotice };

export type ToPrimary =
  /** What is sent to a process before it has said this is lost. */
  | { readonly type: 'ready' }
  /** The answer to `start` and `commit`. */
  | { readonly type: 'listening'; readonly addresses: readonly OpenAddress[] }
  | { readonly type: 'prepared' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'connections'; readonly count: number }
  | { readonly type: 'hooks'; readonly report: HookReport }
  | { readonly type: 'numbers wanted' }
  | { readonly type: 'stats'; readonly answer: StatsAnswer }
  | { readonly type: 'recorder'; readonly request: EventRecorderRequest }
  | { readonly type: 'registry'; readonly request: RegistryRequest };
