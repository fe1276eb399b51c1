/** Events that a client has to be let through, in the order in which one connection meets them. */
export const GATE_ACTIONS = ['on_connect', 'on_publish', 'on_play'] as const;
/** Events that end what a gate event began. */
export const CLOSING_ACTIONS = ['on_unpublish', 'on_stop', 'on_close'] as const;

export type GateAction = (typeof GATE_ACTIONS)[number];
export type ClosingAction = (typeof CLOSING_ACTIONS)[number];
export type Action = GateAction | ClosingAction;

/** Why a connection, a publish or a play ended. */
export type CloseReason =
  | 'client' // the peer closed, or sent deleteStream, closeStream, FCUnpublish
  | 'refused' // a gate said no
  | 'timeout' // silent for too long
  | 'slow' // a player that could not keep up
  | 'protocol_error' // the peer broke RTMP or a limit
  | 'kicked' // an operator or a reload removed it
  | 'shutdown' // the server is stopping
  | 'server_restart'; // the worker process that had the client ended unexpectedly

/** One connected client. Both ids name the same client for as long as the process lives. */
export interface ClientIdentity {
  /** Counts up from 1: the `client_id` of the `srs1` schema. */
  readonly number: number;
  /** Eight characters of [a-z0-9]: the `client_id` of the `srs5` schema and the logs. */
  readonly id: string;
  /** The peer's address, IPv4 whenever it is one. */
  readonly ip: string;
}

/** What every event says of its client. Strings may hold any bytes that the client sent. */
export interface EventFacts {
  readonly client: ClientIdentity;
  /** Name of the matched vhost directive. */
  readonly vhost: string;
  readonly app: string;
  /** Empty while the client has not named a stream. */
  readonly stream: string;
  /** Query of the URL, with its leading `?`; empty if there was none. */
  readonly param: string;
  /** As the client sent it. */
  readonly tcUrl: string;
  /** Page that embeds the player; empty if not given. */
  readonly pageUrl: string;
}

export interface GateEvent extends EventFacts {
  readonly action: GateAction;
}

export interface ClosingEvent extends EventFacts {
  readonly action: ClosingAction;
  readonly reason: CloseReason;
  /** How long what ended had lasted. */
  readonly durationMs: number;
  /** Bytes that the server sent to this connection so far. */
  readonly sendBytes: number;
  /** Bytes that the server received from this connection so far. */
  readonly recvBytes: number;
}

/** A gate's answer. `message` is a sentence that may be shown to the client and is written to the log. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly message: string };

/** Who decides whether clients may pass. Bound to one configuration snapshot. */
export interface Gate {
  /** Never rejects: whatever goes wrong is a refusal. An aborted `signal` ends the question at once, as a refusal. */
  ask(event: GateEvent, signal: AbortSignal): Promise<Verdict>;
  /** Takes a closing event for delivery and returns at once. Events of one client are delivered in the order told. */
  tell(event: ClosingEvent): void;
}

export const ALLOWED: Verdict = { allowed: true };

/** Asks each gate in turn and stops at the first refusal; tells every one. */
export function allOf(...gates: readonly Gate[]): Gate {
  return {
    async ask(event, signal) {
      for (const gate of gates) {
        const verdict = await gate.ask(event, signal);
        if (!verdict.allowed) return verdict;
      }
      return ALLOWED;
    },
    tell(event) {
      for (const gate of gates) gate.tell(event);
    },
  };
}
