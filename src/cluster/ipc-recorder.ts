import type { TellEvent } from '../model/lifecycle.ts';
import type { Opening, Recorded, Recorder } from '../model/recorder.ts';

/** What a worker has recorded. */
export type RecorderRequest =
  | { readonly type: 'open'; readonly opening: Opening }
  | { readonly type: 'rename'; readonly id: string; readonly stream: string }
  | { readonly type: 'withdraw'; readonly id: string }
  | { readonly type: 'tell'; readonly event: TellEvent };

/** The answer to the opening `id`. */
export interface RecorderNotice {
  readonly id: string;
  readonly recorded: Recorded;
}

/** The recorder of the primary, as its workers have one: a process that ends unexpectedly leaves nobody open. */
export interface SharedRecorder extends Omit<Recorder, 'open'> {
  /** `owner` names the worker process. */
  open(opening: Opening, owner: string): Promise<Recorded>;
  /** The process has ended: tells the end of all that it had open, and returns how many clients that concerned. */
  abandon(owner: string): number;
}

/** A worker's side: the primary keeps the records. */
export class IpcRecorder implements Recorder {
  readonly #send: (request: RecorderRequest) => void;
  readonly #waiting = new Map<string, (recorded: Recorded) => void>();

  constructor(send: (request: RecorderRequest) => void) {
    this.#send = send;
  }

  open(opening: Opening): Promise<Recorded> {
    return new Promise((resolve) => {
      this.#waiting.set(opening.id, resolve);
      this.#send({ type: 'open', opening });
    });
  }

  rename(id: string, stream: string): void {
    this.#send({ type: 'rename', id, stream });
  }

  withdraw(id: string): void {
    this.#send({ type: 'withdraw', id });
  }

  tell(event: TellEvent): void {
    this.#send({ type: 'tell', event });
  }

  /** Takes an answer of the primary. */
  take({ id, recorded }: RecorderNotice): void {
    this.#waiting.get(id)?.(recorded);
    this.#waiting.delete(id);
  }
}

/** The primary's side of one worker. */
export class RecorderDesk {
  readonly #recorder: SharedRecorder;
  readonly #owner: string;
  readonly #answer: (notice: RecorderNotice) => void;

  constructor(recorder: SharedRecorder, owner: string, answer: (notice: RecorderNotice) => void) {
    this.#recorder = recorder;
    this.#owner = owner;
    this.#answer = answer;
  }

  take(request: RecorderRequest): void {
    switch (request.type) {
      case 'open': {
        const { opening } = request;
        void this.#recorder
          .open(opening, this.#owner)
          .then((recorded) => this.#answer({ id: opening.id, recorded }));
        return;
      }
      case 'rename':
        this.#recorder.rename(request.id, request.stream);
        return;
      case 'withdraw':
        this.#recorder.withdraw(request.id);
        return;
      case 'tell':
        this.#recorder.tell(request.event);
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
