import type { EventRecorder, Opening, Recorded } from '../model/event-recorder.ts';
import type { EmittedEvent, PersistedEvent, Stamp } from '../model/events.ts';
import type { HookSchema } from '../model/options.ts';

/** What a worker has recorded. */
export type EventRecorderRequest =
  | { readonly type: 'open'; readonly opening: Opening }
  | { readonly type: 'rename'; readonly id: string; readonly stream: string }
  | { readonly type: 'withdraw' | 'wait' | 'resume'; readonly id: string }
  | { readonly type: 'emit'; readonly event: EmittedEvent; readonly schema: HookSchema }
  | { readonly type: 'stamp'; readonly id: string }
  | { readonly type: 'emit durably'; readonly event: PersistedEvent; readonly schema: HookSchema };

/** The answers to the opening `id`, and to what was asked of the event `id`. */
export type EventRecorderNotice =
  | { readonly type: 'recorded'; readonly id: string; readonly recorded: Recorded }
  | { readonly type: 'resumed'; readonly id: string }
  | { readonly type: 'stamped'; readonly id: string; readonly stamp: Stamp }
  | { readonly type: 'kept'; readonly id: string; readonly kept: boolean };

/** The recorder of the primary, as its workers have one: a process that ends unexpectedly leaves nobody open. */
export interface SharedEventRecorder extends Omit<EventRecorder, 'open'> {
  /** `owner` names the worker process. */
  open(opening: Opening, owner: string): Promise<Recorded>;
  /** The process has ended: tells the end of all that it had open, and returns how many clients that concerned. */
  abandon(owner: string): number;
}

/** A worker's side: the primary keeps the records. */
export class IpcEventRecorder implements EventRecorder {
  readonly #send: (request: EventRecorderRequest) => void;
  readonly #waiting = new Map<string, (notice: EventRecorderNotice) => void>();

  constructor(send: (request: EventRecorderRequest) => void) {
    this.#send = send;
  }

  async open(opening: Opening): Promise<Recorded> {
    const { recorded } = await this.#ask('recorded', opening.id, { type: 'open', opening });
    return recorded;
  }

  async stamp(id: string): Promise<Stamp> {
    const { stamp } = await this.#ask('stamped', id, { type: 'stamp', id });
    return stamp;
  }

  async emitDurably(event: PersistedEvent, schema: HookSchema): Promise<boolean> {
    const { kept } = await this.#ask('kept', event.seal.stamp.id, { type: 'emit durably', event, schema });
    return kept;
  }

  wait(id: string): void {
    this.#send({ type: 'wait', id });
  }

  async resume(id: string): Promise<void> {
    await this.#ask('resumed', id, { type: 'resume', id });
  }

  rename(id: string, stream: string): void {
    this.#send({ type: 'rename', id, stream });
  }

  withdraw(id: string): void {
    this.#send({ type: 'withdraw', id });
  }

  emit(event: EmittedEvent, schema: HookSchema): void {
    this.#send({ type: 'emit', event, schema });
  }

  /** Takes an answer of the primary. */
  take(notice: EventRecorderNotice): void {
    const name = `${notice.type} ${notice.id}`;
    this.#waiting.get(name)?.(notice);
    this.#waiting.delete(name);
  }

  #ask<T extends EventRecorderNotice['type']>(
    type: T,
    id: string,
    request: EventRecorderRequest,
  ): Promise<Extract<EventRecorderNotice, { type: T }>> {
    return new Promise((resolve) => {
      this.#waiting.set(`${type} ${id}`, resolve as (notice: EventRecorderNotice) => void);
      this.#send(request);
    });
  }
}

/** The primary's side of one worker. */
export class EventRecorderServer {
  readonly #recorder: SharedEventRecorder;
  readonly #owner: string;
  readonly #answer: (notice: EventRecorderNotice) => void;

  constructor(recorder: SharedEventRecorder, owner: string, answer: (notice: EventRecorderNotice) => void) {
    this.#recorder = recorder;
    this.#owner = owner;
    this.#answer = answer;
  }

  take(request: EventRecorderRequest): void {
    switch (request.type) {
      case 'open': {
        const { opening } = request;
        void this.#recorder
          .open(opening, this.#owner)
          .then((recorded) => this.#answer({ type: 'recorded', id: opening.id, recorded }));
        return;
      }
      case 'stamp': {
        const { id } = request;
        void this.#recorder.stamp(id).then((stamp) => this.#answer({ type: 'stamped', id, stamp }));
        return;
      }
      case 'emit durably': {
        const { event, schema } = request;
        const { id } = event.seal.stamp;
        void this.#recorder
          .emitDurably(event, schema)
          .then((kept) => this.#answer({ type: 'kept', id, kept }));
        return;
      }
      case 'resume': {
        const { id } = request;
        void this.#recorder.resume(id).then(() => this.#answer({ type: 'resumed', id }));
        return;
      }
      case 'wait':
        this.#recorder.wait(request.id);
        return;
      case 'rename':
        this.#recorder.rename(request.id, request.stream);
        return;
      case 'withdraw':
        this.#recorder.withdraw(request.id);
        return;
      case 'emit':
        this.#recorder.emit(request.event, request.schema);
        return;
      default:
        request satisfies never;
    }
  }

  /** The worker has ended; returns how many clients it had. */
  close(): number {
    return this.#recorder.abandon(this.#owner);
  }
}
