import type { Clock, Timer } from '../model/clock.ts';
import type { RecordingEnd } from '../model/events.ts';
import { retryPauseMs } from './limits.ts';

/**
 * Recordings that have ended and could not be finished, since the disk or the process had too little of something. They
 * are tried again, less and less often, and once more when the server stops.
 */
export class UnfinishedFiles {
  readonly #clock: Clock;
  readonly #finish: (entry: string, reason: RecordingEnd) => Promise<void>;
  /** Why they ended, by the names of their entries in the journal. */
  readonly #left = new Map<string, RecordingEnd>();
  #attempts = 0;
  #timer: Timer | undefined;
  #closed = false;

  /** `finish` finishes the recording of an entry, and rejects if it cannot. */
  constructor(clock: Clock, finish: (entry: string, reason: RecordingEnd) => Promise<void>) {
    this.#clock = clock;
    this.#finish = finish;
  }

  /** Tries this one too. */
  add(entry: string, reason: RecordingEnd): void {
    this.#left.set(entry, reason);
    this.#schedule();
  }

  /** Tries all of them now and no more later; never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    await this.#tryAll();
  }

  #schedule(): void {
    if (this.#closed || this.#timer || this.#left.size === 0) return;
    this.#attempts++;
    this.#timer = this.#clock.after(retryPauseMs(this.#attempts), () => {
      void this.#tryAll().then(() => {
        this.#timer = undefined;
        if (this.#left.size === 0) this.#attempts = 0;
        this.#schedule();
      });
    });
  }

  async #tryAll(): Promise<void> {
    for (const [entry, reason] of [...this.#left]) {
      const isDone = await this.#finish(entry, reason).then(
        () => true,
        // Somebody has taken the entry away.
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      );
      if (isDone) this.#left.delete(entry);
    }
  }
}
