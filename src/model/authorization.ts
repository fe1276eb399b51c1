import type { EmittedEvent, GateEvent, NoticeAction, PersistedEvent, QuestionAction } from './events.ts';

/** Grant that a backend may give with its yes. Everything is optional. */
export interface Grant {
  /** The name under which the stream is published or played, instead of the one that the client gave. */
  readonly stream?: string | undefined;
  /** From now on this long, then the client is closed. */
  readonly maxDurationMs?: number | undefined;
  /** Most that a publisher may send, in bits per second. */
  readonly maxBitrate?: number | undefined;
  /** Most players that the published stream may have. */
  readonly maxViewers?: number | undefined;
  /** Of `on_publish_busy`: the one who publishes has to go. */
  readonly takeover?: boolean | undefined;
  /** Ask `on_update` at this interval. */
  readonly recheckMs?: number | undefined;
  /** True or false to record the published stream or not, whatever the configuration says. */
  readonly record?: boolean | undefined;
}

/** A gate's answer. `message` is a sentence that may be shown to the client and is written to the log. */
export type Verdict =
  | { readonly allowed: true; readonly grant?: Grant | undefined }
  | {
      readonly allowed: false;
      readonly message: string;
      /** An rtmp URL where the client is welcome instead. */
      readonly redirect?: string | undefined;
      /** True if nobody said no: there was no answer, or none that can be understood. */
      readonly failed?: boolean | undefined;
    };

/** Decides whether clients may pass. Bound to one configuration. */
export interface Authorizer {
  /** Never rejects: whatever goes wrong is a refusal. An aborted `signal` ends the question at once, as a refusal. */
  authorize(event: GateEvent, signal: AbortSignal): Promise<Verdict>;
  /** False if nobody would be asked about this action: the question, or a timer for it, may then be left out. */
  isInterested(action: QuestionAction | NoticeAction, vhost: string): boolean;
}

/** Takes events for delivery. Bound to one configuration. */
export interface EventSink {
  /** Takes an event and returns at once. Events of one client are delivered in the order of the calls. */
  emit(event: EmittedEvent): void;
  /**
   * Takes an event that is on record with whoever emits it. Settles with true when it need not be emitted again,
   * whatever becomes of the process. Never rejects.
   */
  emitDurably(event: PersistedEvent): Promise<boolean>;
  /** False if nobody takes this action: the event may then be left out. */
  isInterested(action: QuestionAction | NoticeAction, vhost: string): boolean;
}

/** Asks, and takes events. */
export interface Gate extends Authorizer, EventSink {}

export const ALLOWED: Verdict = { allowed: true };

/**
 * Gate that asks each authorizer in turn, stops at the first refusal, and gives events to each sink. What later
 * authorizers grant overrules earlier ones.
 */
export function composeGate(authorizers: readonly Authorizer[], sinks: readonly EventSink[]): Gate {
  return {
    async authorize(event, signal) {
      let grant: Grant | undefined;
      for (const authorizer of authorizers) {
        const verdict = await authorizer.authorize(event, signal);
        if (!verdict.allowed) return verdict;
        if (verdict.grant) grant = { ...grant, ...verdict.grant };
      }
      return grant ? { allowed: true, grant } : ALLOWED;
    },
    emit(event) {
      for (const sink of sinks) sink.emit(event);
    },
    async emitDurably(event) {
      const kept = await Promise.all(sinks.map((sink) => sink.emitDurably(event)));
      return kept.every((isKept) => isKept);
    },
    isInterested: (action, vhost) =>
      [...authorizers, ...sinks].some((one) => one.isInterested(action, vhost)),
  };
}
