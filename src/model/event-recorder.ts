import type { ClosingAction, EmittedEvent, EventFacts, GateAction, PersistedEvent, Stamp } from './events.ts';
import type { HookSchema } from './options.ts';

/** Closing event of each gate event. */
export const CLOSING_OF: Readonly<Record<GateAction, ClosingAction>> = {
  on_connect: 'on_close',
  on_publish: 'on_unpublish',
  on_play: 'on_stop',
};

/** An event about which a backend is going to be asked, and of which there will be a closing event. */
export interface OpenedEvent extends EventFacts {
  readonly action: GateAction;
}

/** Record that is written before its question is sent. */
export interface Opening {
  /** A UUID: the id of the closing event, whoever sends it in the end. */
  readonly id: string;
  readonly event: OpenedEvent;
  /** Schema of its question and of its closing event, whatever a reload says meanwhile. */
  readonly schema: HookSchema;
  /** Time that the question may wait for the end of the stream's publisher before it, in milliseconds. */
  readonly patienceMs: number;
}

/** The answer to an opening: it is on record, and later events have a higher sequence number than `seq`; or there is no room. */
export type Recorded =
  | { readonly ok: true; readonly seq: number }
  | { readonly ok: false; readonly message: string };

/** Keeps what clients have open until its end has been told, also over the end of the process that has them. */
export interface EventRecorder {
  /** Settles when the opening is on record, or cannot be: then the client is refused. Never rejects. */
  open(opening: Opening): Promise<Recorded>;
  /** The question of an opening has not been sent, and waits: should nobody be left to send it, there is no end to be told. */
  wait(id: string): void;
  /** The question of an opening that waited is going to be sent. Settles when that is on record, or cannot be. */
  resume(id: string): Promise<void>;
  /** Renames the stream of an opening. */
  rename(id: string, stream: string): void;
  /** Nothing came of an opening: there is no end to be told. */
  withdraw(id: string): void;
  /** Takes an event for delivery, in this schema. A closing event ends its opening, in the schema of that. */
  emit(event: EmittedEvent, schema: HookSchema): void;
  /** The stamp for an event that is going to be sealed. */
  stamp(id: string): Promise<Stamp>;
  /** Takes a sealed event for delivery; one that it has already is taken once. True when it is on record here. */
  emitDurably(event: PersistedEvent, schema: HookSchema): Promise<boolean>;
}
