import type { HookReport } from '../model/delivery.ts';
import type { Config } from '../model/options.ts';
import type { OpenAddress } from '../net/listeners.ts';
import type { Place } from './registry.ts';
import type { RpcMessage } from './rpc.ts';

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

/** Calls and answers between the two ends of each of these. */
type RpcToOther =
  | { readonly type: 'registry'; readonly message: RpcMessage }
  | { readonly type: 'recorder'; readonly message: RpcMessage }
  | { readonly type: 'stats'; readonly message: RpcMessage };

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
  | RpcToOther;

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
  | RpcToOther;
