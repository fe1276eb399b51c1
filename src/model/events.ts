/** Events that a client has to be let through, in the order in which one connection meets them. */
export const GATE_ACTIONS = ['on_connect', 'on_publish', 'on_play'] as const;
/** Events that end what a gate event began. */
export const CLOSING_ACTIONS = ['on_unpublish', 'on_stop', 'on_close'] as const;

/** Questions that come up while a client is there: it is still welcome (`on_update`); may it take a busy stream over. */
export const LATER_ACTIONS = ['on_update', 'on_publish_busy'] as const;
/** Events that inform and end nothing. */
export const NOTICE_ACTIONS = [
  'on_not_found',
  'on_idle',
  'on_hls',
  'on_dvr',
  'server_started',
  'server_stopping',
] as const;

export type GateAction = (typeof GATE_ACTIONS)[number];
export type LaterAction = (typeof LATER_ACTIONS)[number];
export type ClosingAction = (typeof CLOSING_ACTIONS)[number];
export type NoticeAction = (typeof NOTICE_ACTIONS)[number];
/** Questions to a backend, and events for it. */
export type QuestionAction = GateAction | LaterAction;
export type TellAction = ClosingAction | NoticeAction;
export type Action = QuestionAction | TellAction;

export const ACTIONS: readonly Action[] = [
  ...GATE_ACTIONS,
  ...LATER_ACTIONS,
  ...CLOSING_ACTIONS,
  ...NOTICE_ACTIONS,
];

const QUESTIONS: ReadonlySet<Action> = new Set([...GATE_ACTIONS, ...LATER_ACTIONS]);

/** True for what a backend is asked, false for what it is told. */
export function isQuestion(action: Action): action is QuestionAction {
  return QUESTIONS.has(action);
}

/** Why a connection, a publish or a play ended. */
export type CloseReason =
  | 'client' // the peer closed, or sent deleteStream, closeStream, FCUnpublish
  | 'refused' // a gate said no
  | 'timeout' // silent for too long
  | 'slow' // a player that could not keep up
  | 'protocol_error' // the peer broke RTMP or a limit
  | 'kicked' // an operator, a reload, a newer publisher or the backend's `on_update` removed it
  | 'limit' // it reached a bound that the backend set: max_duration, max_bitrate
  | 'unpublish' // of a player: the publisher left, and none came for as long as players wait
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

/** Facts of the client in every event. Strings may hold any bytes that the client sent. */
export interface EventFacts {
  readonly client: ClientIdentity;
  /**
   * Names, among those of its client, what an on_connect, on_publish or on_play opens. What comes of it later (on_update,
   * the closing event) has the same one, also if the stream was renamed in between.
   */
  readonly opening?: number | undefined;
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
  /** Program of the client, as it names itself; empty or undefined if it does not. */
  readonly flashVer?: string | undefined;
  /** Film that holds the player; empty or undefined if not given. */
  readonly swfUrl?: string | undefined;
}

/** Counters of a client so far. */
export interface Counters {
  /** Duration of the play or publish, or for `on_close` of the connection. */
  readonly durationMs: number;
  /** Bytes that the server sent to this connection so far. */
  readonly sendBytes: number;
  /** Bytes that the server received from this connection so far. */
  readonly recvBytes: number;
}

export interface GateEvent extends EventFacts {
  readonly action: QuestionAction;
  /** Role of the client, of an `on_update`. */
  readonly role?: 'publish' | 'play' | undefined;
  /** Of an `on_update`. */
  readonly counters?: Counters | undefined;
}

export interface ClosingEvent extends EventFacts, Counters {
  readonly action: ClosingAction;
  readonly reason: CloseReason;
}

/** A segment of HLS that is in its playlist, as SRS tells of one. */
export interface SegmentFacts {
  /** HookRouting that the server works in. */
  readonly cwd: string;
  /** Path of the segment; where it would be if segments are kept in memory. */
  readonly file: string;
  /** Path of the segment in a URL, without a leading slash. */
  readonly url: string;
  /** Path of the playlist's file. */
  readonly m3u8: string;
  readonly m3u8Url: string;
  readonly seqNo: number;
  /** Milliseconds of media. */
  readonly durationMs: number;
}

interface NoticeFacts extends Partial<Omit<EventFacts, 'vhost' | 'app' | 'stream'>> {
  readonly vhost: string;
  /** Empty, as is `stream`, for events of the server. Facts of a client are there if it is about one (`on_not_found`). */
  readonly app: string;
  readonly stream: string;
}

/** An event that ends nothing and asks nothing. */
export interface NoticeEvent extends NoticeFacts {
  readonly action: Exclude<NoticeAction, 'on_dvr'>;
  /** Of an `on_hls`. */
  readonly segment?: SegmentFacts | undefined;
}

/** Why a recording has no more in it. */
export type RecordingEnd =
  | 'unpublish' // the publish has ended
  | 'segment' // it is as long as was asked for, another one goes on
  | 'codec_change' // its container cannot hold what came then, another one goes on
  | 'disk_full'
  | 'disk_error' // the disk refused a write, for another reason
  | 'disk_slow' // more had to be written than could wait for the disk
  | 'server_restart'; // the process that wrote it ended unexpectedly

/** A file that is complete. */
export interface RecordedFile {
  /** A UUID, also the id of the event that tells of it. */
  readonly id: string;
  /** Working directory of the server. */
  readonly cwd: string;
  /** As it was configured: relative to `cwd`, or absolute. */
  readonly file: string;
  readonly durationMs: number;
  readonly bytes: number;
  readonly reason: RecordingEnd;
}

/** Identity of an event; given once, kept through every repetition and restart. */
export interface Stamp {
  /** A UUID. */
  readonly id: string;
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Grows from event to event, of a stream and of the process, also over restarts; not by ones. */
  readonly seq: number;
}

/** Ids of the server and of its run. */
export interface ServerIds {
  readonly serverId: string;
  readonly serviceId: string;
}

/** A recording is complete. */
export interface RecordedEvent extends NoticeFacts {
  readonly action: 'on_dvr';
  readonly recording: RecordedFile;
}

/**
 * An event that is on record with whoever emits it, until it is on record with whoever delivers it. Emitted again, it is
 * the same in every word.
 */
export interface PersistedEvent extends RecordedEvent {
  readonly seal: { readonly stamp: Stamp; readonly server: ServerIds };
}

/** An event that is emitted. A persisted event is none: it is emitted durably. */
export type EmittedEvent = ClosingEvent | NoticeEvent;
