import type { AdmissionDeps } from '../clients/admission.ts';
import type { ClientEvents } from '../clients/client-events.ts';
import type { ClientRegistry, Snapshot } from '../clients/client-registry.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { RtmpMessage } from '../protocol/rtmp/message.ts';
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

/** State that the commands of one connection share. */
export interface SessionContext {
  readonly clients: ClientRegistry;
  readonly client: ClientIdentity;
  readonly log: Logger;
  readonly connection: Connection;
  readonly streams: MessageStreams;
  /** Undefined until `connect`. */
  connectInfo: ConnectInfo | undefined;
  /** Admission of this client, whose events these are. */
  admissionDeps(events: ClientEvents): AdmissionDeps;
  /** Sends the last words and closes. `why` is what the log says. */
  refuse(why: string, ...lastWords: readonly RtmpMessage[]): void;
  /** Tells the client why and closes. */
  kick(reason: CloseReason, why: string): void;
}
