import type { AdmissionDeps } from '../clients/admission.ts';
import type { ClientEvents } from '../clients/client-events.ts';
import type { Snapshot } from '../clients/client-registry.ts';
import type { PlayerSlots } from '../clients/player-slots.ts';
import type { Clock } from '../model/clock.ts';
import type { ConcealedNames } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { Claims } from '../model/shared-state.ts';
import type { RtmpMessage } from '../protocol/rtmp/message.ts';
import type { Hub } from '../streams/hub.ts';
import type { Connection } from './connection.ts';
import type { MessageStreams } from './message-streams.ts';

/** Work that a publish or play counts as, with all that begins and ends with it, in media packets. */
export const OPENING_PACKETS = 500;

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

/** Admission of this client. */
export function admissionDeps(
  { hub, clock, claims, slots, connection, kick }: SessionContext,
  { events }: ConnectInfo,
): AdmissionDeps {
  return {
    hub,
    clock,
    claims,
    slots,
    events,
    kick,
    bytesIn: () => connection.bytesIn,
    isClosed: () => connection.isClosed(),
  };
}
