import type { ClientEvents } from '../clients/client-events.ts';
import type { LimitedClient } from '../clients/grant-limits.ts';
import type { PlayerSlots } from '../clients/player-slots.ts';
import type { Refusal } from '../clients/refusal.ts';
import type { Snapshot } from '../clients/snapshot.ts';
import { type Address, resolveAddress } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import type { ConcealedNames } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import type { Claims } from '../model/shared-state.ts';
import type { RtmpMessage } from '../protocol/rtmp/message.ts';
import type { Hub } from '../streams/hub.ts';
import type { Connection } from './connection.ts';
import type { MessageStreams } from './message-streams.ts';

/** Vhosts that one connection may visit. */
export const MAX_VHOSTS_PER_CONNECTION = 8;

/** A client whose `connect` has been taken. */
export interface ConnectInfo {
  readonly snapshot: Snapshot;
  /** The vhost that `connect` led to; undefined if only a stream name can tell. */
  readonly home: string | undefined;
  readonly tcUrl: string;
  readonly app: string;
  readonly cutsQueries: boolean;
  readonly events: ClientEvents;
}

/** What the commands of one connection share. */
export interface SessionContext {
  readonly connection: Connection;
  readonly client: ClientIdentity;
  readonly hub: Hub;
  readonly clock: Clock;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
  /** Slots of the players of this process. */
  readonly slots: PlayerSlots;
  /** The configuration of this moment. */
  readonly currentSnapshot: () => Snapshot;
  readonly streams: MessageStreams;
  /** Stream names that nobody may see. */
  readonly concealed: ConcealedNames;
  readonly log: Logger;
  /** Undefined until `connect`. */
  connectInfo: ConnectInfo | undefined;
  /** Sends the last words and closes. `why` is what the log says. */
  refuse(why: string, ...lastWords: readonly RtmpMessage[]): void;
  /** Tells the client why and closes. */
  kick(reason: CloseReason, why: string): void;
}

/** The client of a session, as its limits need it. */
export function limitedClient({ clock, connection, kick }: SessionContext): LimitedClient {
  return { clock, kick, bytesIn: () => connection.bytesIn };
}

export type Entry =
  | { readonly ok: true; readonly address: Address; readonly vhost: VhostOptions }
  | ({ readonly ok: false } & Refusal);

/**
 * Finds out where a stream name leads and asks that vhost's `on_connect`, if it has not been asked: the name may lead
 * to another vhost than `connect` did, and under the srs5 schema the question waits for the name.
 */
export async function enter(connectInfo: ConnectInfo, streamName: string): Promise<Entry> {
  const { snapshot, tcUrl, app, cutsQueries } = connectInfo;
  const { vhosts, strictVhost } = snapshot;
  const resolution = resolveAddress({ tcUrl, app, streamName, cutsQueries }, vhosts, strictVhost);
  if (!resolution.ok) return resolution;
  const { address } = resolution;
  const vhost = vhosts.get(address.vhost);
  if (!vhost) throw new Error(`resolveAddress chose the vhost ${address.vhost}, which does not exist`);
  const visited = connectInfo.events.vhosts;
  if (!visited.includes(vhost.name) && visited.length >= MAX_VHOSTS_PER_CONNECTION) {
    return { ok: false, message: `one connection may visit ${MAX_VHOSTS_PER_CONNECTION} vhosts` };
  }
  const verdict = await connectInfo.events.connect(address);
  if (!verdict.allowed) return { ok: false, message: verdict.message, redirect: verdict.redirect };
  return { ok: true, address, vhost };
}
