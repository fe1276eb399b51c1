import type { EventRecorder, Opening, Recorded } from '../model/event-recorder.ts';
import type { EmittedEvent, PersistedEvent, Stamp } from '../model/events.ts';
import type { HookSchema } from '../model/options.ts';
import { Rpc, type RpcMessage } from './rpc.ts';

/** The recorder of the primary, as its workers have one: a process that ends unexpectedly leaves nobody open. */
export interface SharedEventRecorder extends Omit<EventRecorder, 'open'> {
  /** `owner` names the worker process. */
  open(opening: Opening, owner: string): Promise<Recorded>;
  /** The process has ended: tells the end of all that it had open, and returns how many clients that concerned. */
  abandon(owner: string): number;
}

/** A worker's side: the primary keeps the records. */
export class IpcEventRecorder implements EventRecorder {
  readonly #rpc: Rpc<EventRecorder>;

  constructor(send: (message: RpcMessage) => void) {
    this.#rpc = new Rpc(send);
  }

  open(opening: Opening): Promise<Recorded> {
    return this.#rpc.call('open', opening);
  }

  stamp(id: string): Promise<Stamp> {
    return this.#rpc.call('stamp', id);
  }

  emitDurably(event: PersistedEvent, schema: HookSchema): Promise<boolean> {
    return this.#rpc.call('emitDurably', event, schema);
  }

  wait(id: string): void {
    this.#rpc.notify('wait', id);
  }

  resume(id: string): Promise<void> {
    return this.#rpc.call('resume', id);
  }

  rename(id: string, stream: string): void {
    this.#rpc.notify('rename', id, stream);
  }

  withdraw(id: string): void {
    this.#rpc.notify('withdraw', id);
  }

  emit(event: EmittedEvent, schema: HookSchema): void {
    this.#rpc.notify('emit', event, schema);
  }

  /** Takes a message of the primary. */
  take(message: RpcMessage): void {
    this.#rpc.take(message);
  }
}

/** The primary's side of one worker. */
export class EventRecorderServer {
  readonly #recorder: SharedEventRecorder;
  readonly #owner: string;
  readonly #rpc: Rpc<object>;

  constructor(recorder: SharedEventRecorder, owner: string, send: (message: RpcMessage) => void) {
    this.#recorder = recorder;
    this.#owner = owner;
    const methods: EventRecorder = {
      open: (opening) => recorder.open(opening, owner),
      stamp: (id) => recorder.stamp(id),
      emitDurably: (event, schema) => recorder.emitDurably(event, schema),
      wait: (id) => recorder.wait(id),
      resume: (id) => recorder.resume(id),
      rename: (id, stream) => recorder.rename(id, stream),
      withdraw: (id) => recorder.withdraw(id),
      emit: (event, schema) => recorder.emit(event, schema),
    };
    this.#rpc = new Rpc(send, { ...methods });
  }

  /** Takes a message of the worker. */
  take(message: RpcMessage): void {
    this.#rpc.take(message);
  }

  /** The worker has ended; returns how many clients it had. */
  close(): number {
    return this.#recorder.abandon(this.#owner);
  }
}
