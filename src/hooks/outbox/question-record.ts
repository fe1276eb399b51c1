import type { Clock, Timer } from '../../model/clock.ts';
import type { EventRecorder } from '../../model/event-recorder.ts';
import type { QuestionWatcher } from '../question-watcher.ts';

/** Time that a question may wait to be sent before its record says that it waits, in milliseconds. */
const WAITING_AFTER_MS = 100;

/**
 * Has the record of an opening say whether its question may have been sent: one that is not sent soon is on record as
 * waiting until it is about to be, so that nobody is told of the end of what nobody was asked about, also after a crash.
 */
export class QuestionRecord implements QuestionWatcher {
  readonly #id: string;
  readonly #recorder: EventRecorder;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #isWaiting = false;
  #isSent = false;

  constructor(id: string, recorder: EventRecorder, clock: Clock) {
    this.#id = id;
    this.#recorder = recorder;
    this.#clock = clock;
    this.unsent();
  }

  /** True if a backend may have heard the question. */
  get isSent(): boolean {
    return this.#isSent;
  }

  beforeSend(): Promise<void> | undefined {
    this.close();
    if (!this.#isWaiting) return undefined;
    this.#isWaiting = false;
    return this.#recorder.resume(this.#id);
  }

  sent(): void {
    this.#isSent = true;
    // If it waited until now, an answer to the same question has come, and nothing is sent that would have to wait.
    void this.beforeSend();
  }

  unsent(): void {
    if (this.#isSent || this.#isWaiting) return;
    this.close();
    this.#timer = this.#clock.after(WAITING_AFTER_MS, () => {
      this.#isWaiting = true;
      this.#recorder.wait(this.#id);
    });
  }

  /** Nothing more comes of the question. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }
}
